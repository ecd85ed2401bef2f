"""A DataLoader with clocks in it: each batch brings with it what it took, from whichever process it was made in."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.pipelines.clocks import Clock, Delivery, consumed


class _Collating:
    """What makes a batch, with the times that it took."""

    def __init__(self, collate: Callable, clock: Clock, elsewhere: bool):
        self.collate, self.clock, self.elsewhere = collate, clock, elsewhere

    def __call__(self, examples: Any) -> tuple[Any, tuple]:
        begun = time.perf_counter()
        batch = self.collate(examples)
        batching = time.perf_counter() - begun
        return batch, (*self.clock.read(), batching, time.time() if self.elsewhere else None)


def parts(
    pipeline: Callable,
    pixels: np.ndarray,
    targets: np.ndarray,
    transform: Callable,
    batch_size: int,
    workers: int,
    prefetch: int,
    busy: float,
) -> dict[str, float]:
    """Seconds of the second epoch by part: see clocks.consumed."""
    clock = Clock(transform)
    loader = pipeline(pixels, targets, clock, batch_size, workers, prefetch)
    loader.collate_fn = _Collating(loader.collate_fn, clock, workers > 0)
    consumed(loader, _told, busy)
    return consumed(loader, _told, busy)


def _told(batch: tuple[Any, tuple]) -> Delivery:
    return Delivery(*batch[1])
