"""A network for four numbers is given five, in PyTorch."""

import torch
from torch import nn


def planted(wrap):
    inputs = torch.ones(2, 5)  # planted
    _predict(wrap, inputs)


def found(wrap):
    def tell(layer, inputs):
        print(layer, "is given", list(inputs[0].shape))

    nn.modules.module.register_module_forward_pre_hook(tell)
    planted(wrap)


def mended(wrap):
    inputs = torch.ones(2, 4)
    _predict(wrap, inputs)


def _predict(wrap, inputs):
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))

    @wrap
    def predict(inputs):
        return network(inputs)

    print("shape of the outputs:", list(predict(inputs).shape))
