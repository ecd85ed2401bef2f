"""LeNet-5 as a function of its weights, in PyTorch."""

import torch
from torch.nn import functional


def forward(weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Images (batch, channels, height, width) of 8×8, 28×28 or 32×32 pixels to logits (batch, outputs)."""
    height = x.shape[2]
    padding1, padding2 = "valid" if height == 32 else "same", "same" if height == 8 else "valid"
    x = functional.conv2d(x, weights["conv1.weight"], weights["conv1.bias"], padding=padding1)
    x = functional.max_pool2d(torch.relu(x), 2)
    x = functional.conv2d(x, weights["conv2.weight"], weights["conv2.bias"], padding=padding2)
    x = functional.max_pool2d(torch.relu(x), 2)
    x = x.flatten(1)  # in the order channels, height, width
    x = torch.relu(x @ weights["fc1.weight"].T + weights["fc1.bias"])
    x = torch.relu(x @ weights["fc2.weight"].T + weights["fc2.bias"])
    return x @ weights["output.weight"].T + weights["output.bias"]
