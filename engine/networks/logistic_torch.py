"""Logistic regression in PyTorch (Cox, 1958): one linear layer."""

from collections import OrderedDict

import torch
from torch import nn


def build(inputs: int, outputs: int) -> nn.Module:
    """A new network with PyTorch's own initial weights. Inputs (batch, inputs) to logits (batch, outputs)."""
    return nn.Sequential(OrderedDict(output=nn.Linear(inputs, outputs)))


def demonstrate() -> None:
    """One training step on a random batch of 32 images of 8×8 pixels."""
    network = build(64, 10)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    x, classes = torch.rand(32, 64), torch.randint(10, (32,))

    logits = network(x)
    loss = nn.functional.cross_entropy(logits, classes)
    loss.backward()
    optimizer.step()

    print(f"logits {tuple(logits.shape)}\nloss   {loss.item():.4f}")


if __name__ == "__main__":
    demonstrate()
