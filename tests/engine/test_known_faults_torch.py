"""Faults of PyTorch itself that the engine goes around: a test that fails here says that one is mended."""

import pytest
import torch
from torch import nn
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


@pytest.mark.skipif(torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="this processor computes in bfloat16")
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_an_lstm_fails_where_the_processor_has_no_short_types(dtype):
    lstm, x = nn.LSTM(3, 5, batch_first=True), torch.randn(2, 7, 3)
    with torch.autocast("cpu", dtype):
        torch.backends.mkldnn.enabled = False
        assert lstm(x)[0].shape == (2, 7, 5)
        torch.backends.mkldnn.enabled = True
        with pytest.raises(RuntimeError, match="could not create a primitive descriptor for the LSTM"):
            lstm(x)
