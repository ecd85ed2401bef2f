"""A convolutional autoencoder in PyTorch (Masci and others, 2011): images through a narrow middle, and back."""

from collections import OrderedDict

import torch
from torch import nn


def build(inputs: tuple[int, int, int], outputs: int, code: int = 4) -> nn.Module:
    """A new network with PyTorch's own initial weights. Images (batch, *inputs) to images (batch, outputs, …).

    `inputs` is (channels, height, width), the latter two multiples of 4; `outputs` is the number of channels that come
    out, as many as go in. The middle has `code` channels of a quarter of the height and width. No sigmoid at the end:
    the outputs are values.
    """
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(inputs[0], 16, 4, stride=2, padding=1),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(16, code, 4, stride=2, padding=1),
            deconv1=nn.ConvTranspose2d(code, 16, 4, stride=2, padding=1),
            relu2=nn.ReLU(),
            deconv2=nn.ConvTranspose2d(16, outputs, 4, stride=2, padding=1),
        )
    )


def demonstrate() -> None:
    """One training step on a random batch of 32 grey images of 28×28 pixels."""
    network = build((1, 28, 28), 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.003)
    x = torch.rand(32, 1, 28, 28)

    copies = network(x)
    loss = nn.functional.mse_loss(copies, x)
    loss.backward()
    optimizer.step()

    print(f"images {tuple(x.shape)}\ncopies {tuple(copies.shape)}\nloss   {loss.item():.4f}")


if __name__ == "__main__":
    demonstrate()
