"""A loss that takes logits is given probabilities, in PyTorch."""

import torch
from torch import nn

INPUTS, LABELS = torch.eye(3), torch.arange(3)


def _train(wrap, network):
    nn.init.zeros_(network[0].weight)
    nn.init.zeros_(network[0].bias)
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)

    @wrap
    def loss_of(inputs):
        return nn.functional.cross_entropy(network(inputs), LABELS)

    for _ in range(1000):
        optimizer.zero_grad()
        loss_of(INPUTS).backward()
        optimizer.step()
    right = (network(INPUTS).argmax(dim=1) == LABELS).double().mean()
    print(f"accuracy {right:.0%}, loss {loss_of(INPUTS).item():.3f}")


def planted(wrap):
    _train(wrap, nn.Sequential(nn.Linear(3, 3), nn.Softmax(dim=1)))  # planted


def found(wrap):
    network = nn.Sequential(nn.Linear(3, 3), nn.Softmax(dim=1))
    sums = network(INPUTS).sum(dim=1)
    print("what the loss is given adds up to", [round(value, 3) for value in sums.tolist()])
    assert not torch.allclose(sums, torch.ones(3)), "these are probabilities and no logits"


def mended(wrap):
    _train(wrap, nn.Sequential(nn.Linear(3, 3)))
