"""Where PyTorch's tensors end up. The second device is `meta`, which every machine has: shapes without numbers."""

import torch
from torch import nn

RAISED = (RuntimeError, AssertionError)  # what a missing device raises
SECOND, MISSING = "meta", "cuda:7"


def automatic() -> dict[str, str]:
    """Nothing said."""
    x, layer = torch.ones(4, 3), nn.Linear(3, 2)
    return {"tensor": str(x.device), "weight": str(layer.weight.device), "output": str(layer(x).device)}


def moved() -> dict[str, str]:
    """Made, then moved."""
    x, layer = torch.ones(4, 3), nn.Linear(3, 2)
    layer.to(SECOND)
    copy = x.to(SECOND)
    return {"tensor": str(x.device), "copy": str(copy.device), "weight": str(layer.weight.device)}


def within() -> dict[str, str]:
    """Made there."""
    with torch.device(SECOND):
        x, layer = torch.ones(4, 3), nn.Linear(3, 2)
        output = layer(x)
    return {"tensor": str(x.device), "weight": str(layer.weight.device), "output": str(output.device)}


def outside() -> dict[str, str]:
    """Made there, computed with after that."""
    with torch.device(SECOND):
        x, layer = torch.ones(4, 3), nn.Linear(3, 2)
    return {"tensor": str(x.device), "weight": str(layer.weight.device), "output": str(layer(x).device)}


def missing() -> dict[str, str]:
    """Made where nothing is."""
    with torch.device(MISSING):
        x = torch.ones(4, 3)
    return {"tensor": str(x.device)}


def strict() -> dict[str, str]:
    """Asked first."""
    device = MISSING if torch.cuda.device_count() > torch.device(MISSING).index else "cpu"
    return {"tensor": str(torch.ones(4, 3, device=device).device)}
