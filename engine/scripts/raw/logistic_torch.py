"""The linear model as a function of its weights, in PyTorch."""

import torch


def forward(weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Inputs (batch, inputs) to outputs (batch, outputs)."""
    return x @ weights["output.weight"].T + weights["output.bias"]
