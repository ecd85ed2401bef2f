"""A gradient through many layers grows beyond all numbers, in PyTorch."""

import torch
from torch import nn


def planted(wrap):
    _gradient(wrap, scale=2.0)  # planted


def found(wrap):
    _gradient(wrap, scale=2.0, check=True)


def mended(wrap):
    _gradient(wrap, scale=1.0)


def _gradient(wrap, scale, check=False):
    weight = (scale * torch.eye(4)).requires_grad_()

    @wrap
    def loss_of(weight):
        hidden = torch.ones(4)
        for _ in range(100):
            hidden = weight @ hidden
        return hidden.sum()

    loss = loss_of(weight)
    loss.backward()
    print("norm of the gradient:", weight.grad.norm().item())
    nn.utils.clip_grad_norm_([weight], max_norm=1.0, error_if_nonfinite=check)
    print("after it was clipped:", weight.grad.norm().item())
