"""How fast PyTorch multiplies matrices and copies memory on this machine: what no step can be faster than."""

import time
from collections.abc import Callable

import torch

from engine.frameworks.device_torch import own_device

SECONDS = 0.2  # of trying, from which the fastest call is taken


def product_seconds(copies: int, rows: int, inner: int, columns: int, dtype: str, device: str) -> float:
    """Seconds of one call that multiplies `copies` times a matrix (rows, inner) by one of (inner, columns)."""
    settings = {"dtype": getattr(torch, dtype), "device": own_device(device)}
    left, right = torch.rand(copies, rows, inner, **settings), torch.rand(copies, inner, columns, **settings)
    product = torch.empty(copies, rows, columns, **settings)
    return _fastest(lambda: torch.bmm(left, right, out=product), product)


def copy_seconds(numbers: int, dtype: str, device: str) -> float:
    """Seconds of copying so many numbers within the device's memory."""
    begun = torch.rand(numbers, dtype=getattr(torch, dtype), device=own_device(device))
    copy = torch.empty_like(begun)
    return _fastest(lambda: copy.copy_(begun), copy)


def _fastest(call: Callable[[], torch.Tensor], given: torch.Tensor) -> float:
    """Seconds of the fastest of many calls, each waited for."""
    call()
    best, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        begun = time.perf_counter()
        call()
        if given.device.type != "cpu":
            given.flatten()[0].item()
        best = min(best, time.perf_counter() - begun)
    return best
