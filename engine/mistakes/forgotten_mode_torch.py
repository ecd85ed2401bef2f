"""A network predicts while it is still set to train, in PyTorch."""

import torch
from torch import nn


def planted(wrap):
    network = nn.Sequential(nn.Dropout(0.5), nn.Linear(100, 1))  # planted: no eval()
    _predict(wrap, network)


def found(wrap):
    network = nn.Sequential(nn.Dropout(0.5), nn.Linear(100, 1))
    still = [name for name, layer in network.named_modules() if layer.training]
    assert not still, f"set to train: {still}"


def mended(wrap):
    network = nn.Sequential(nn.Dropout(0.5), nn.Linear(100, 1)).eval()
    _predict(wrap, network)


def _predict(wrap, network):
    torch.manual_seed(0)
    nn.init.ones_(network[1].weight)
    nn.init.zeros_(network[1].bias)

    @wrap
    def predict(inputs):
        return network(inputs)

    with torch.no_grad():
        outputs = [predict(torch.ones(1, 100)).item() for _ in range(3)]
    print("the same inputs, three times:", outputs)
