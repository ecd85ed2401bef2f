"""Layers for the matched policy: those of PyTorch, whose arithmetic is the canonical one, but for LSTM and dropout."""

import hashlib
import inspect
import itertools
from collections.abc import Callable, Collection
from types import SimpleNamespace

import torch
from torch import nn

from engine.config import RunConfig
from engine.datasets.dataset import Form
from engine.fairness.defaults import LAYERS, matched_layers_of

_LOW = 0xFFFFFFFF  # the low 32 bits


def built(
    config: RunConfig, form: Form, build: Callable[..., nn.Module], names: Collection[str] | None = None
) -> nn.Module:
    """The network that `build` makes of the config's options for data of this form.

    Its layers are the matched ones for `names`, or for all that the config matches, where it takes layers at all.
    """
    replaced = matched_layers_of(config) if names is None else names
    options = dict(config.network_options)
    if replaced and "layers" in inspect.signature(build).parameters:
        return build(form.inputs, form.outputs, **options, layers=matched_layers(config.seed, replaced))
    return build(form.inputs, form.outputs, **options)


def matched_layers(seed: int, names: Collection[str] = tuple(LAYERS)) -> SimpleNamespace:
    """All that torch.nn has, with an LSTM of one bias and with dropout whose masks both frameworks share.

    For one network: its dropout layers are numbered as they are built. A mask depends on `seed`, on that number and
    on how many training passes the layer has counted in its buffer `step`. Other layers that draw numbers, such as
    Dropout2d, are PyTorch's own. Of the defaults that `names` does not name, each layer keeps PyTorch's.
    """
    numbers = itertools.count()

    def counted(p: float = 0.5) -> _Dropout:
        return _Dropout(seed, next(numbers), p)

    own: dict[str, dict] = {"lstm_bias": {"LSTM": _LSTM}, "dropout_masks": {"Dropout": counted}}
    chosen = {layer: kind for name in names for layer, kind in own.get(name, {}).items()}
    return SimpleNamespace(**vars(nn) | chosen)


class _LSTM(nn.LSTM):
    """PyTorch's LSTM adds two biases, which trains their sum at twice the rate. The second is zero here, and stays."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        for name, bias in self.named_parameters():
            if "bias_hh" in name:
                nn.init.zeros_(bias.requires_grad_(False))


class _Dropout(nn.Dropout):
    """Dropout with the masks of engine/fairness/dropout.py, which says how they are made; `p` is below 1."""

    step: torch.Tensor

    def __init__(self, seed: int, layer: int, p: float):
        super().__init__(p)
        self.keys = dropout_keys(seed, layer)
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return x
        x = dropout(x, self.p, self.keys, self.step)
        self.step.add_(1)
        return x


def dropout(x: torch.Tensor, rate: float, keys: tuple[int, int], step: torch.Tensor) -> torch.Tensor:
    """What a dropout layer with these keys leaves of x at a step, counted from 0; `step` is an int64 scalar."""
    start, stride = _hash(step ^ keys[0]), _hash(step ^ keys[1]) >> 1 | 1
    numbers = torch.arange(x.numel(), device=x.device).view(x.shape)
    kept = _hash(numbers * stride + start & _LOW) >= round(rate * 2**32)
    return x * (kept.to(x.dtype) * (1 / (1 - rate)))


def dropout_keys(seed: int, layer: int) -> tuple[int, int]:
    """What tells the masks of a network's dropout layer, counted from 0, from those of others."""
    key = hashlib.sha256(f"{seed}/dropout/{layer}".encode()).digest()
    return int.from_bytes(key[:4], "little"), int.from_bytes(key[4:8], "little")


def _hash(x: torch.Tensor) -> torch.Tensor:
    x = (x ^ (x >> 16)) * 0x21F0AAAD & _LOW
    x = (x ^ (x >> 15)) * 0x735A2D97 & _LOW
    return x ^ (x >> 15)
