"""A multilayer perceptron in PyTorch: one hidden layer of 128 units with ReLU."""

import torch
from torch import nn


class MLP(nn.Module):
    """Inputs (batch, inputs) to logits (batch, outputs)."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.hidden = nn.Linear(inputs, 128)
        self.output = nn.Linear(128, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.output(torch.relu(self.hidden(x)))


def build(inputs: int, outputs: int) -> nn.Module:
    """A new network with PyTorch's own initial weights."""
    return MLP(inputs, outputs)


def demonstrate() -> None:
    """One training step on a random batch of 32 images of 8×8 pixels."""
    network = build(64, 10)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    x, classes = torch.rand(32, 64), torch.randint(10, (32,))

    logits = network(x)
    loss = nn.functional.cross_entropy(logits, classes)
    loss.backward()
    optimizer.step()

    print(f"logits {tuple(logits.shape)}\nloss   {loss.item():.4f}")


if __name__ == "__main__":
    demonstrate()
