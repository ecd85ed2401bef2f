"""Phrases about tensors, in PyTorch."""

import numpy as np
import torch


def make_a_tensor():
    made = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    return made.numpy()


def whole_numbers():
    made = torch.tensor([1, 2, 3])
    return made.numpy()


def share_memory_with_numpy():
    array = np.zeros(3)
    made = torch.from_numpy(array)
    array[0] = 7.0
    return made.numpy()


def random_numbers():
    drawn = torch.randn(1000, 3)
    mean = drawn.mean().item()
    return {"shape": list(drawn.shape), "mean near 0": abs(mean) < 0.2}


def slice_a_tensor():
    x = torch.arange(12).reshape(3, 4)
    return x[1:, ::2].tolist()


def pick_rows():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    return x[[2, 0]].numpy()


def change_one_element():
    x = torch.zeros(4)
    x[1] = 5.0
    return x.numpy()


def choose_by_condition():
    x = torch.tensor([-1.0, 2.0, -3.0])
    return torch.where(x > 0, x, 0.0).numpy()


def reshape():
    x = torch.arange(6.0)
    return x.reshape(2, -1).numpy()


def swap_axes():
    x = torch.zeros(2, 3, 4)
    return list(x.permute(0, 2, 1).shape)


def add_an_axis():
    x = torch.zeros(5)
    return list(x.unsqueeze(0).shape)


def join():
    x, y = torch.zeros(2, 3), torch.ones(2, 3)
    along = torch.cat([x, y], dim=0)
    anew = torch.stack([x, y], dim=0)
    return [list(along.shape), list(anew.shape)]


def change_dtype():
    x = torch.tensor([1.9, -1.9])
    return x.to(torch.int32).numpy()


def multiply_matrices():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    return (x @ x).numpy()


def mean_over_an_axis():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    return x.mean(dim=0, keepdim=True).numpy()


def variance():
    x = torch.tensor([1.0, 2.0, 3.0, 4.0])
    return x.var().item()
