"""A sum of losses keeps the graph of every step, in PyTorch."""

import resource

import torch


def _grown(before):
    """Megabytes by which this process has grown at its largest; ru_maxrss is in kilobytes on Linux."""
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def _sum_losses(wrap, kept):
    weight = torch.ones(500, 500, requires_grad=True)

    @wrap
    def loss_of(inputs):
        return torch.exp(-weight * inputs).mean()

    loss_of(torch.ones(500, 500))  # what the first step needs for itself does not count
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    total = 0.0
    for step in range(200):
        total = total + kept(loss_of(torch.full((500, 500), step / 200)))
    print(f"memory grew by {_grown(before):.0f} MB in 200 steps")
    return total


def planted(wrap):
    _sum_losses(wrap, lambda loss: loss)  # planted


def found(wrap):
    total = _sum_losses(wrap, lambda loss: loss)
    assert not total.requires_grad, f"the sum still hangs on a graph: {total.grad_fn}"


def mended(wrap):
    _sum_losses(wrap, lambda loss: loss.item())
