"""Phrases about gradients, in PyTorch."""

import torch


def gradient():
    x = torch.tensor(3.0, requires_grad=True)
    y = x**2
    y.backward()
    return x.grad.item()


def gradient_twice():
    x = torch.tensor(3.0, requires_grad=True)
    (x**2).backward()
    (x**2).backward()
    return x.grad.item()


def second_derivative():
    x = torch.tensor(2.0, requires_grad=True)
    (first,) = torch.autograd.grad(x**3, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    return second.item()


def stop_a_gradient():
    x = torch.tensor(3.0, requires_grad=True)
    y = x * x.detach()
    y.backward()
    return x.grad.item()


def compute_without_gradients():
    x = torch.tensor(3.0, requires_grad=True)
    with torch.no_grad():
        y = x**2
    return y.requires_grad


def jacobian():
    x = torch.tensor([1.0, 2.0])
    return torch.autograd.functional.jacobian(lambda x: x**2, x).numpy()


def gradient_of_each_example():
    weight = torch.tensor([1.0, 1.0])
    inputs = torch.tensor([[1.0, 2.0], [3.0, 4.0]])

    def loss(weight, one):
        return (weight @ one) ** 2

    each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))
    return each(weight, inputs).numpy()


def own_gradient():
    class Round(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            return x.round()

        @staticmethod
        def backward(context, upstream):
            return upstream

    x = torch.tensor(1.7, requires_grad=True)
    y = Round.apply(x)
    y.backward()
    return [y.item(), x.grad.item()]


def clip_gradients():
    x = torch.tensor([3.0, 4.0], requires_grad=True)
    (x**2).sum().backward()
    torch.nn.utils.clip_grad_norm_([x], max_norm=1.0)
    return x.grad.numpy()
