"""The loss that is trained in PyTorch."""

import torch
from torch.nn import functional


def loss_of(outputs: torch.Tensor, targets: torch.Tensor, classify: bool) -> torch.Tensor:
    """The mean of one batch: of the cross-entropy where its targets are classes, else of the squared errors."""
    if not classify:
        return functional.mse_loss(outputs, targets)
    if targets.dim() == 2:  # a class at every place of a text
        outputs, targets = outputs.flatten(0, 1), targets.flatten()
    return functional.cross_entropy(outputs, targets)
