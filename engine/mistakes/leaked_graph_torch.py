"""A sum of losses keeps the graph of every step, in PyTorch."""

import psutil
import torch


def planted(wrap):
    _sum_losses(wrap, lambda loss: loss)  # planted


def found(wrap):
    total = _sum_losses(wrap, lambda loss: loss)
    assert not total.requires_grad, f"the sum still hangs on a graph: {total.grad_fn}"


def mended(wrap):
    _sum_losses(wrap, lambda loss: loss.item())


def _megabytes():
    return psutil.Process().memory_info().rss / 1e6


def _sum_losses(wrap, kept):
    weight = torch.ones(500, 500, requires_grad=True)

    @wrap
    def loss_of(inputs):
        return torch.exp(-weight * inputs).mean()

    loss_of(torch.ones(500, 500))  # what the first step needs for itself does not count
    before = _megabytes()
    total = 0.0
    for step in range(100):
        total = total + kept(loss_of(torch.full((500, 500), step / 100)))
    print(f"memory grew by {_megabytes() - before:.0f} MB in 100 steps")
    return total
