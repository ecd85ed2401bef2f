"""The perceptron without layers as a function of its weights, in PyTorch."""

import torch


def forward(weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Inputs (batch, inputs) to outputs (batch, outputs)."""
    x = torch.relu(x @ weights["hidden_weight"].T + weights["hidden_bias"])
    return x @ weights["output_weight"].T + weights["output_bias"]
