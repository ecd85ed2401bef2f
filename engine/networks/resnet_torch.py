"""A small residual network in PyTorch (He, Zhang, Ren and Sun, 2015, section 4.2): three stages of blocks."""

from collections import OrderedDict

import torch
from torch import nn


class Block(nn.Module):
    """Two 3×3 convolutions, whose input is added to their output: as it is, or through 1×1 where the shape changes."""

    def __init__(self, inputs: int, outputs: int, stride: int, layers):
        super().__init__()
        self.conv1 = layers.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm1 = layers.BatchNorm2d(outputs)
        self.conv2 = layers.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = layers.BatchNorm2d(outputs)
        self.changes = inputs != outputs
        if self.changes:
            self.shortcut = layers.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.shortcut_norm = layers.BatchNorm2d(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        if self.changes:
            x = self.shortcut_norm(self.shortcut(x))
        return torch.relu(x + y)


class ResNet(nn.Module):
    """Images (batch, channels, height, width) to logits (batch, outputs)."""

    def __init__(self, channels: int, outputs: int, blocks: int, layers):
        super().__init__()
        self.conv1 = layers.Conv2d(channels, 16, 3, padding=1, bias=False)
        self.norm1 = layers.BatchNorm2d(16)
        self.stage1 = _stage(16, 16, 1, blocks, layers)
        self.stage2 = _stage(16, 32, 2, blocks, layers)
        self.stage3 = _stage(32, 64, 2, blocks, layers)
        self.output = layers.Linear(64, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.norm1(self.conv1(x)))
        x = self.stage3(self.stage2(self.stage1(x)))
        return self.output(x.mean((2, 3)))  # the mean over height and width


def _stage(inputs: int, outputs: int, stride: int, blocks: int, layers) -> nn.Sequential:
    """Blocks of which the first changes the channels and, with `stride` 2, halves height and width."""
    stage = nn.Sequential(OrderedDict(block1=Block(inputs, outputs, stride, layers)))
    for number in range(2, blocks + 1):
        stage.add_module(f"block{number}", Block(outputs, outputs, 1, layers))
    return stage


def build(inputs: tuple[int, int, int], outputs: int, blocks: int = 1, layers=nn) -> nn.Module:
    """A new network with PyTorch's own initial weights; `inputs` is (channels, height, width).

    `blocks` per stage. `layers` is where the layers come from, so that one may hand in a batch norm of one's own.
    """
    return ResNet(inputs[0], outputs, blocks, layers)


def demonstrate() -> None:
    """One training step on a random batch of 32 coloured images of 32×32 pixels."""
    network = build((3, 32, 32), 10)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    x, classes = torch.rand(32, 3, 32, 32), torch.randint(10, (32,))

    logits = network(x)
    loss = nn.functional.cross_entropy(logits, classes)
    loss.backward()
    optimizer.step()

    print(f"images {tuple(x.shape)}\nlogits {tuple(logits.shape)}\nloss   {loss.item():.4f}")


if __name__ == "__main__":
    demonstrate()
