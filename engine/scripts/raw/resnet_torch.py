"""The residual network as a function of its weights, in PyTorch."""

from collections.abc import Callable

import torch
from torch.nn import functional


def statistics(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What batch norm knows before the first batch: a mean of 0 and a variance of 1 for each channel."""
    scales = {name: weight for name, weight in weights.items() if "norm" in name and name.endswith("weight")}
    means = {name.replace("weight", "mean"): torch.zeros_like(scale) for name, scale in scales.items()}
    variances = {name.replace("weight", "variance"): torch.ones_like(scale) for name, scale in scales.items()}
    return means | variances


def batch_norm(
    weights: dict[str, torch.Tensor],
    running: dict[str, torch.Tensor],
    x: torch.Tensor,
    name: str,
    training: bool,
    epsilon: float,
    kept: float,
    unbiased: bool,
) -> torch.Tensor:
    """Images (batch, channels, height, width) with a mean of 0 and a variance of 1, then scaled and shifted.

    In training mean and variance are the batch's, and `running` keeps the share `kept` of what it knew of them.
    """
    if training:
        mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
        count = x.numel() / mean.numel()
        factor = count / (count - 1) if unbiased else 1.0
        for part, new in (("mean", mean.detach()), ("variance", factor * variance.detach())):
            known = running[f"{name}.{part}"]
            known.copy_(kept * known + (1 - kept) * new)
    else:
        mean, variance = running[f"{name}.mean"], running[f"{name}.variance"]
    mean, variance = mean[:, None, None], variance[:, None, None]
    scale, shift = weights[f"{name}.weight"][:, None, None], weights[f"{name}.bias"][:, None, None]
    return (x - mean) / torch.sqrt(variance + epsilon) * scale + shift


def forward(weights: dict[str, torch.Tensor], x: torch.Tensor, blocks: int, norm: Callable) -> torch.Tensor:
    """Images (batch, channels, height, width) to logits (batch, outputs); `norm(x, name)` is batch norm."""
    x = torch.relu(norm(_conv(x, weights["conv1.weight"], 1), "norm1"))
    for stage in (1, 2, 3):
        for number in range(1, blocks + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            x = _block(weights, x, f"stage{stage}.block{number}", stride, norm)
    x = x.mean((2, 3))
    return x @ weights["output.weight"].T + weights["output.bias"]


def _block(weights: dict[str, torch.Tensor], x: torch.Tensor, name: str, stride: int, norm: Callable) -> torch.Tensor:
    """Two 3×3 convolutions, whose input is added to their output: as it is, or through 1×1 where the shape changes."""
    y = torch.relu(norm(_conv(x, weights[f"{name}.conv1.weight"], stride), f"{name}.norm1"))
    y = norm(_conv(y, weights[f"{name}.conv2.weight"], 1), f"{name}.norm2")
    if f"{name}.shortcut.weight" in weights:
        x = norm(_conv(x, weights[f"{name}.shortcut.weight"], stride), f"{name}.shortcut_norm")
    return torch.relu(x + y)


def _conv(x: torch.Tensor, weight: torch.Tensor, stride: int) -> torch.Tensor:
    """Padded all around, so that a stride of 1 keeps height and width."""
    return functional.conv2d(x, weight, stride=stride, padding=weight.shape[2] // 2)
