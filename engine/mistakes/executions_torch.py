"""How a mistake is run, in PyTorch."""

from collections.abc import Callable

import torch


def eager(function: Callable) -> Callable:
    """As it stands."""
    return function


def compiled(function: Callable) -> Callable:
    """By torch.compile, with its usual backend."""
    return torch.compile(function)
