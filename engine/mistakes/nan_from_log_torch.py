"""A logarithm of zero becomes NaN, in PyTorch."""

import torch

LABELS = torch.tensor([1.0, 0.0])


def planted(wrap):
    _train(wrap, lambda share: torch.log(share))  # planted


def found(wrap):
    with torch.autograd.detect_anomaly():
        planted(wrap)


def mended(wrap):
    _train(wrap, lambda share: torch.log(share.clamp(min=1e-7)))


def _train(wrap, logarithm):
    probabilities = torch.tensor([1.0, 0.0], requires_grad=True)

    @wrap
    def loss_of(probabilities):
        return -(LABELS * logarithm(probabilities)).sum()

    loss = loss_of(probabilities)
    loss.backward()
    print("loss:", loss.item(), "gradient:", probabilities.grad.tolist())
