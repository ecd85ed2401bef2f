"""Outputs in a column meet targets in a row, in PyTorch."""

import torch
from torch import nn

INPUTS = torch.tensor([[-1.0], [0.0], [1.0]])


def planted(wrap):
    targets = torch.tensor([-3.0, 0.0, 3.0])  # planted
    _train(wrap, targets)


def found(wrap):
    targets = torch.tensor([-3.0, 0.0, 3.0])
    network = nn.Linear(1, 1)

    @wrap
    def loss_of(inputs):
        return nn.functional.mse_loss(network(inputs), targets)

    loss_of(INPUTS)


def mended(wrap):
    targets = torch.tensor([[-3.0], [0.0], [3.0]])
    _train(wrap, targets)


def _train(wrap, targets):
    network = nn.Linear(1, 1)
    nn.init.zeros_(network.weight)
    nn.init.zeros_(network.bias)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)

    @wrap
    def loss_of(inputs):
        return ((network(inputs) - targets) ** 2).mean()

    for _ in range(50):
        optimizer.zero_grad()
        loss_of(INPUTS).backward()
        optimizer.step()
    print(f"loss {loss_of(INPUTS).item():.3f}, weight {abs(network.weight.item()):.3f}; right is 0 and 3")
