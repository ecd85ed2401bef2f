"""The multilayer perceptron as a function of its weights, in PyTorch."""

from collections.abc import Callable

import torch


def forward(
    weights: dict[str, torch.Tensor], x: torch.Tensor, depth: int, activation: Callable, drop: Callable | None = None
) -> torch.Tensor:
    """Inputs (batch, inputs) to outputs (batch, outputs); `drop(x, number)` is its dropout."""
    for number in range(depth):
        x = x @ weights[f"hidden{number + 1}.weight"].T + weights[f"hidden{number + 1}.bias"]
        x = activation(x)
        x = drop(x, number) if drop else x
    return x @ weights["output.weight"].T + weights["output.bias"]
