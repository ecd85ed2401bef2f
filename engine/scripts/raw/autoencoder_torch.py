"""The convolutional autoencoder as a function of its weights, in PyTorch."""

import torch
from torch.nn import functional


def forward(weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Images (batch, channels, height, width) to such images."""
    x = functional.conv2d(x, weights["conv1.weight"], weights["conv1.bias"], stride=2, padding=1)
    x = torch.relu(x)
    x = functional.conv2d(x, weights["conv2.weight"], weights["conv2.bias"], stride=2, padding=1)
    x = functional.conv_transpose2d(x, weights["deconv1.weight"], weights["deconv1.bias"], stride=2, padding=1)
    x = torch.relu(x)
    return functional.conv_transpose2d(x, weights["deconv2.weight"], weights["deconv2.bias"], stride=2, padding=1)
