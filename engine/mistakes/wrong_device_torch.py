"""A layer and its inputs are on two devices, in PyTorch; meta is one that every machine has."""

import torch
from torch import nn


def planted(wrap):
    layer = nn.Linear(4, 3, device="meta")  # planted
    _predict(wrap, layer)


def found(wrap):
    layer = nn.Linear(4, 3, device="meta")
    for name, weight in layer.named_parameters():
        print(name, "is on", weight.device)
    assert layer.weight.device == torch.ones(2, 4).device, "the inputs are elsewhere"


def mended(wrap):
    layer = nn.Linear(4, 3, device="meta").to_empty(device="cpu")
    layer.reset_parameters()
    _predict(wrap, layer)


def _predict(wrap, layer):
    @wrap
    def predict(inputs):
        return layer(inputs)

    outputs = predict(torch.ones(2, 4))
    print("outputs on", outputs.device, "and of shape", list(outputs.shape))
