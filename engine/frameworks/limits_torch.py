"""How fast PyTorch multiplies matrices and copies memory on this machine: what no step can be faster than."""

import statistics
import time
from collections.abc import Callable

import torch

from engine.frameworks.device_torch import own_device

SECONDS = 0.2  # of trying, so that the fastest call is told


def product_seconds(copies: int, rows: int, inner: int, columns: int, dtype: str, device: str) -> tuple[float, float]:
    """Seconds, fastest and median, of a call: `copies` products of a matrix (rows, inner) with one (inner, columns)."""
    settings = {"dtype": getattr(torch, dtype), "device": own_device(device)}
    left, right = torch.rand(copies, rows, inner, **settings), torch.rand(copies, inner, columns, **settings)
    product = torch.empty(copies, rows, columns, **settings)
    return _timed(lambda: torch.bmm(left, right, out=product), product)


def copy_seconds(numbers: int, dtype: str, device: str) -> tuple[float, float]:
    """Seconds, fastest and median, of a call that copies so many numbers within the device's memory."""
    begun = torch.rand(numbers, dtype=getattr(torch, dtype), device=own_device(device))
    copy = torch.empty_like(begun)
    return _timed(lambda: copy.copy_(begun), copy)


def _timed(call: Callable[[], torch.Tensor], given: torch.Tensor) -> tuple[float, float]:
    """Seconds of the fastest of many calls, each waited for, and their median."""
    call()
    taken, end = [], time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        begun = time.perf_counter()
        call()
        if given.device.type != "cpu":
            given.flatten()[0].item()
        taken.append(time.perf_counter() - begun)
    return min(taken), statistics.median(taken)
