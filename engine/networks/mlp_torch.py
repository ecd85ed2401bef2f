"""A multilayer perceptron in PyTorch: hidden layers, each with an activation and, if asked for, dropout."""

import torch
from torch import nn

ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid", "gelu": "GELU", "silu": "SiLU"}


def build(
    inputs: int,
    outputs: int,
    depth: int = 1,
    width: int = 128,
    activation: str = "relu",
    dropout: float = 0.0,
    layers=nn,
) -> nn.Module:
    """A new network with PyTorch's own initial weights. Inputs (batch, inputs) to logits (batch, outputs).

    `depth` hidden layers of `width` units; `dropout` is the share of them that each step leaves out (Srivastava and
    others, 2014). `layers` is where the layers come from, so that one may hand in a dropout or GELU of one's own.
    """
    network = nn.Sequential()
    for number in range(1, depth + 1):
        network.add_module(f"hidden{number}", layers.Linear(inputs if number == 1 else width, width))
        network.add_module(f"activation{number}", getattr(layers, ACTIVATIONS[activation])())
        if dropout > 0:
            network.add_module(f"dropout{number}", layers.Dropout(dropout))
    network.add_module("output", layers.Linear(width, outputs))
    return network


def demonstrate() -> None:
    """One training step on a random batch of 32 images of 8×8 pixels."""
    network = build(64, 10, depth=2, dropout=0.2)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    x, classes = torch.rand(32, 64), torch.randint(10, (32,))

    logits = network(x)
    loss = nn.functional.cross_entropy(logits, classes)
    loss.backward()
    optimizer.step()

    print(f"logits {tuple(logits.shape)}\nloss   {loss.item():.4f}")


if __name__ == "__main__":
    demonstrate()
