"""The simple network in PyTorch: two linear layers with a ReLU between them."""

import torch
from torch import nn


class SimpleNet(nn.Module):
    """Inputs (batch, inputs) to outputs (batch, outputs)."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.hidden = nn.Linear(inputs, 3)
        self.output = nn.Linear(3, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.output(torch.relu(self.hidden(x)))


def build(inputs: int, outputs: int) -> nn.Module:
    """A new network with PyTorch's own initial weights."""
    return SimpleNet(inputs, outputs)


def demonstrate() -> None:
    """One forward and one backward pass over one random example: here that is a whole epoch."""
    network = build(6, 1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    x, target = torch.randn(1, 6), torch.randn(1, 1)

    output = network(x)
    loss = nn.functional.mse_loss(output, target)
    loss.backward()
    optimizer.step()

    print(f"inputs {x.numpy()}\ntarget {target.item():.4f}\noutput {output.item():.4f}\nloss   {loss.item():.4f}")


if __name__ == "__main__":
    demonstrate()
