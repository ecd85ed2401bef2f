"""A matrix product and a step of a small network in PyTorch, with so many threads inside and between operations."""

from collections.abc import Callable

import torch


def set_threads(inside: int, between: int) -> tuple[int, int]:
    """Set both, before anything is computed; returns what PyTorch then says of them."""
    torch.set_num_threads(inside)
    torch.set_num_interop_threads(between)
    return torch.get_num_threads(), torch.get_num_interop_threads()


def matrix_product(size: int) -> Callable[[], object]:
    """One product of two float32 matrices (size, size)."""
    one, other = torch.randn(size, size), torch.randn(size, size)
    return lambda: one @ other


def network_step(batch: int, inputs: int, width: int, branches: int, outputs: int) -> Callable[[], object]:
    """A step of gradient descent on the sum of branches that know nothing of each other; squared error."""
    x, target = torch.randn(batch, inputs), torch.randn(batch, outputs)
    weights = [0.05 * torch.randn(*shape) for _ in range(branches) for shape in ((inputs, width), (width, outputs))]
    weights = [weight.requires_grad_() for weight in weights]

    def step() -> object:
        found = sum(torch.relu(x @ weights[at]) @ weights[at + 1] for at in range(0, 2 * branches, 2))
        loss = ((found - target) ** 2).mean()
        gradients = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                weight -= 0.01 * gradient
        return loss.detach()

    return step
