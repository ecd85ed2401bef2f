"""The type that a network's arithmetic has in PyTorch, as it is and not as it was asked for."""

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode


def compute_dtype(network: nn.Module, x: torch.Tensor) -> str:
    """The narrowest type of numbers that evaluating the network on x makes, such as `float32` or `bfloat16`."""
    training = network.training
    network.eval()
    with torch.no_grad(), _Types() as types:
        network(x)
    network.train(training)
    narrowest = min(types.found, key=lambda dtype: torch.finfo(dtype).bits, default=torch.get_default_dtype())
    return str(narrowest).removeprefix("torch.")


class _Types(TorchDispatchMode):
    """Collects the types of what operators give: a sum with a float32 bias is float32 after a bfloat16 product."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[torch.dtype] = set()

    def __torch_dispatch__(self, operator, types, arguments=(), named=None):
        given = operator(*arguments, **(named or {}))
        parts = given if isinstance(given, list | tuple) else (given,)
        tensors = (part for part in parts if isinstance(part, torch.Tensor))
        self.found |= {tensor.dtype for tensor in tensors if tensor.is_floating_point()}
        return given
