"""LeNet-5 in PyTorch (LeCun, Bottou, Bengio and Haffner, 1998): two convolutions, three fully connected layers."""

from collections import OrderedDict

import torch
from torch import nn


def build(inputs: tuple[int, int, int], outputs: int) -> nn.Module:
    """A new network with PyTorch's own initial weights. Images (batch, channels, height, width) to logits.

    `inputs` is (channels, height, width), with 8×8, 28×28 or 32×32 pixels. With ReLU and max pooling, as is usual
    today; the paper has tanh and trained averages.
    """
    channels, height, _ = inputs
    if height == 8:  # too small for 5×5: the convolutions keep the size, and the pools go 8 → 4 → 2
        kernel, padding1, padding2, side = 3, "same", "same", 2
    else:  # the paper's 32 → 28 → 14 → 10 → 5, or 28 → 28 → 14 → 10 → 5
        kernel, padding1, padding2, side = 5, "same" if height == 28 else "valid", "valid", 5
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(channels, 6, kernel, padding=padding1),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(6, 16, kernel, padding=padding2),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),  # in the order channels, height, width
            fc1=nn.Linear(16 * side * side, 120),
            relu3=nn.ReLU(),
            fc2=nn.Linear(120, 84),
            relu4=nn.ReLU(),
            output=nn.Linear(84, outputs),
        )
    )


def demonstrate() -> None:
    """One training step on a random batch of 32 grey images of 28×28 pixels."""
    network = build((1, 28, 28), 10)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    x, classes = torch.rand(32, 1, 28, 28), torch.randint(10, (32,))

    logits = network(x)
    loss = nn.functional.cross_entropy(logits, classes)
    loss.backward()
    optimizer.step()

    print(f"images {tuple(x.shape)}\nlogits {tuple(logits.shape)}\nloss   {loss.item():.4f}")


if __name__ == "__main__":
    demonstrate()
