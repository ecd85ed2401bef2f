"""What PyTorch's own layers begin with."""

import torch

from engine.networks.shapes import Weight


def initial(name: str, weight: Weight) -> torch.Tensor:
    """New values in the shape of `weight`, as nn.Linear, nn.Conv2d, nn.LSTM, nn.Embedding and the norms draw them."""
    if weight.begin == "uniform":
        return torch.empty(weight.shape).uniform_(-(weight.fan_in**-0.5), weight.fan_in**-0.5)
    if weight.begin == "normal":
        return torch.randn(weight.shape)
    return torch.ones(weight.shape) if weight.begin == "ones" else torch.zeros(weight.shape)
