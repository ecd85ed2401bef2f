"""Gradients of earlier steps are never set to zero, in PyTorch."""

import torch

INPUTS = torch.tensor([1.0, 2.0, 3.0])
TARGETS = 2 * INPUTS


def planted(wrap):
    _train(wrap, forget=True)


def found(wrap):
    _train(wrap, forget=True, look=True)


def mended(wrap):
    _train(wrap, forget=False)


def _train(wrap, forget, look=False):
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.05)

    @wrap
    def loss_of(weight):
        return ((weight * INPUTS - TARGETS) ** 2).mean()

    for step in range(10):
        if not forget:
            optimizer.zero_grad()  # planted: left out
        loss = loss_of(weight)
        loss.backward()
        if look:
            (fresh,) = torch.autograd.grad(loss_of(weight), weight)
            print(f"step {step}: grad holds {weight.grad.item():.2f}, this step gave {fresh.item():.2f}")
            assert torch.allclose(weight.grad, fresh), "the gradient of an earlier step is still there"
        optimizer.step()
    print(f"loss after 10 steps: {loss_of(weight).item():.2g}")
