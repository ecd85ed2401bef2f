"""NumPy's float64 meets weights in float32, in PyTorch."""

import numpy as np
import torch


def planted(wrap):
    inputs = torch.from_numpy(np.ones((2, 4)))  # planted
    _multiply(wrap, inputs)


def found(wrap):
    inputs = torch.from_numpy(np.ones((2, 4)))
    print("dtype of the inputs:", inputs.dtype)
    torch.testing.assert_close(inputs, torch.ones(2, 4))


def mended(wrap):
    inputs = torch.from_numpy(np.ones((2, 4))).float()
    _multiply(wrap, inputs)


def _multiply(wrap, inputs):
    weight = torch.ones(4, 3)

    @wrap
    def multiply(inputs):
        return inputs @ weight

    print("sum:", multiply(inputs).sum().item())
