"""Labels count from one, in PyTorch."""

import torch
from torch import nn

LOGITS = torch.zeros(3, 3)


def planted(wrap):
    labels = torch.tensor([1, 2, 3])  # planted
    _loss(wrap, labels)


def found(wrap):
    labels = torch.tensor([1, 2, 3])
    low, high = torch.aminmax(labels)
    print(f"labels from {low} to {high}, and {LOGITS.shape[1]} classes")
    assert high < LOGITS.shape[1], "a label is beyond the last class"


def mended(wrap):
    labels = torch.tensor([1, 2, 3]) - 1
    _loss(wrap, labels)


def _loss(wrap, labels):
    @wrap
    def loss_of(labels):
        return nn.functional.cross_entropy(LOGITS, labels)

    print(f"loss: {loss_of(labels).item():.4f}")
