"""The learning rate is a thousand times too large, in PyTorch."""

import torch
from torch import nn

INPUTS = torch.tensor([[1.0], [2.0]])
TARGETS = torch.tensor([[3.0], [5.0]])


def planted(wrap):
    _train(wrap, rate=100.0)  # planted


def found(wrap):
    _train(wrap, rate=100.0, check=True)


def mended(wrap):
    _train(wrap, rate=0.1)


def _train(wrap, rate, check=False):
    network = nn.Linear(1, 1)
    nn.init.zeros_(network.weight)
    nn.init.zeros_(network.bias)
    optimizer = torch.optim.SGD(network.parameters(), lr=rate)

    @wrap
    def loss_of(inputs):
        return nn.functional.mse_loss(network(inputs), TARGETS)

    for step in range(20):
        optimizer.zero_grad()
        loss = loss_of(INPUTS)
        if step % 4 == 0:
            print(f"step {step}: loss {loss.item():.3g}")
        if check:
            assert torch.isfinite(loss), f"the loss is {loss.item()} at step {step}"
        loss.backward()
        optimizer.step()
    print(f"step 20: loss {loss_of(INPUTS).item():.3g}")
