"""Faults of PyTorch itself that the engine goes around: a test that fails here says that one is mended."""

import torch
from torch.nn import functional

from engine.networks.lenet_torch import build


def gradient(loss, network, options=None) -> torch.Tensor:
    """Of the first convolution, by a compiled loss or, without options, by an eager one."""
    torch._dynamo.reset()
    torch.manual_seed(0)
    x, y = torch.randn(32, 1, 8, 8), torch.randint(0, 10, (32,))
    call = loss if options is None else torch.compile(loss, options=options)
    return torch.autograd.grad(call(x, y), list(network.parameters()))[0]


def test_layout_optimization_loses_gradients_of_convolutions():
    torch.manual_seed(0)
    network = build((1, 8, 8), 10)

    def loss(x, y):
        return functional.cross_entropy(network(x), y)

    right = gradient(loss, network)
    assert right.norm() > 0
    assert torch.allclose(gradient(loss, network, {"layout_optimization": False}), right, rtol=1e-3, atol=1e-6)
    assert gradient(loss, network, {"layout_optimization": True}).norm() == 0
