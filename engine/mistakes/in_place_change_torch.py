"""A tensor that a gradient needs is changed in place, in PyTorch."""

import torch


def planted(wrap):
    x = torch.ones(3, requires_grad=True)

    @wrap
    def loss_of(x):
        hidden = torch.exp(x)
        hidden[0] = 0.0  # planted
        return hidden.sum()

    loss = loss_of(x)
    loss.backward()
    print("gradient:", x.grad.tolist())


def found(wrap):
    with torch.autograd.detect_anomaly():
        planted(wrap)


def mended(wrap):
    x = torch.ones(3, requires_grad=True)

    @wrap
    def loss_of(x):
        hidden = torch.exp(x) * torch.tensor([0.0, 1.0, 1.0])
        return hidden.sum()

    loss = loss_of(x)
    loss.backward()
    print("gradient:", x.grad.tolist())
