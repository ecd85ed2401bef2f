"""The simple network as a function of its weights, in PyTorch."""

import torch


def forward(weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Inputs (batch, inputs) to outputs (batch, outputs)."""
    x = torch.relu(x @ weights["hidden.weight"].T + weights["hidden.bias"])
    return x @ weights["output.weight"].T + weights["output.bias"]
