"""What a PyTorch network's layers give during one pass, by canonical name and in canonical layout."""

import contextlib
from collections.abc import Iterator

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode


@contextlib.contextmanager
def recorded(network: nn.Module) -> Iterator[dict[str, torch.Tensor]]:
    """Fills the dictionary with each layer's output by its name, in the order of the pass, while the block runs.

    A recurrent layer's is its last state. A flattening layer has none: it only moves numbers, and each framework in an
    order of its own. What the n-th ReLU was given is `relu/n/<layer before it>`, also where the ReLU is no layer.
    """
    found: dict[str, torch.Tensor] = {}
    handles = [
        layer.register_forward_hook(lambda _, __, output, name=name: _keep(found, name, output))
        for name, layer in network.named_modules()
        if name and not isinstance(layer, nn.Flatten)
    ]
    try:
        with _Rectifiers(found):
            yield found
    finally:
        for handle in handles:
            handle.remove()


def kinds(network: nn.Module) -> dict[str, str]:
    """What each layer is, by its canonical name, in PyTorch's word: `Conv2d`."""
    return {name: type(layer).__name__ for name, layer in network.named_modules() if name}


def canonical_layout(value: torch.Tensor) -> torch.Tensor:
    """The output of a layer as PyTorch lays it out: images are (batch, channels, height, width)."""
    return value


def _keep(found: dict[str, torch.Tensor], name: str, output: torch.Tensor | tuple) -> None:
    """A recurrent layer gives all its states (batch, time, width), and its last one apart."""
    found[name] = (output[0][:, -1] if isinstance(output, tuple) else output).detach()


class _Rectifiers(TorchFunctionMode):
    """Sees every call of ReLU, whether a layer makes it or the network's own code."""

    def __init__(self, found: dict[str, torch.Tensor]):
        super().__init__()
        self._found, self._count = found, 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function in (torch.relu, torch.relu_, torch.Tensor.relu, functional.relu):
            self._count += 1
            layers = [name for name in self._found if not name.startswith("relu/")]
            self._found[f"relu/{self._count}/{layers[-1] if layers else ''}"] = args[0].detach()
        return function(*args, **(kwargs or {}))
