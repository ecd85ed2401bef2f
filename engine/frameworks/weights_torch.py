"""The names and layouts of a PyTorch network's tensors. They are the canonical ones, so nothing has to be changed."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from engine.networks.shapes import Weights


def trainable(network: nn.Module) -> dict[str, torch.Tensor]:
    """What training changes, by PyTorch's own names."""
    return {name: weight for name, weight in network.named_parameters() if weight.requires_grad}


def running(network: nn.Module) -> dict[str, torch.Tensor]:
    """What a training pass changes besides: running statistics, counts of steps."""
    return dict(network.named_buffers())


def canonical(name: str, value: np.ndarray, shapes: Weights) -> dict[str, np.ndarray]:
    """The array of one trainable tensor under its canonical name and in canonical layout."""
    return {name: value}


def own(name: str, values: Mapping[str, np.ndarray], shapes: Weights) -> np.ndarray:
    """The way back: the array for one trainable tensor from canonical ones."""
    return values[name]
