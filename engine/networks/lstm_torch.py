"""Long short-term memory in PyTorch (Hochreiter and Schmidhuber, 1997), and a linear layer on its last state."""

import torch
from torch import nn


class LSTM(nn.Module):
    """Inputs (batch, time, features) to outputs (batch, outputs)."""

    def __init__(self, features: int, outputs: int, width: int, layers):
        super().__init__()
        # It has a forget gate, which came later (Gers, Schmidhuber and Cummins, 2000).
        self.lstm = layers.LSTM(features, width, batch_first=True)
        self.output = layers.Linear(width, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        states, _ = self.lstm(x)
        return self.output(states[:, -1])


def build(inputs: tuple[int, int], outputs: int, width: int = 32, layers=nn) -> nn.Module:
    """A new network with PyTorch's own initial weights; `inputs` is (time, features), `width` the size of the state.

    `layers` is where the layers come from, so that one may hand in an LSTM of one's own.
    """
    _, features = inputs
    return LSTM(features, outputs, width, layers)


def demonstrate() -> None:
    """One training step on a random batch of 32 sequences: 50 time steps of 2 numbers each, in 2 classes."""
    network = build((50, 2), 2)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    x, classes = torch.randn(32, 50, 2), torch.randint(2, (32,))

    logits = network(x)
    loss = nn.functional.cross_entropy(logits, classes)
    loss.backward()
    optimizer.step()

    print(f"inputs {tuple(x.shape)}\nlogits {tuple(logits.shape)}\nloss   {loss.item():.4f}")


if __name__ == "__main__":
    demonstrate()
