"""Clocks for one epoch of a pipeline: what its consumer's time went to, and what the work itself took.

The clocks of all processes are the machine's, so that a time taken in a worker can be set against one taken here.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Delivery:
    """What is told of one batch: seconds of its transform and batching, of which the former had so much of a processor.

    `done` is when it was ready to be handed over; None where the consumer made it itself.
    """

    transform: float
    processor: float
    batching: float
    done: float | None


class Clock:
    """A transform that takes its own time: `taken` has the seconds and the processor seconds of each call."""

    def __init__(self, transform: Callable):
        self.transform = transform
        self.taken: list[tuple[float, float]] = []

    def __call__(self, *given: Any) -> Any:
        begun, processor = time.perf_counter(), time.thread_time()
        found = self.transform(*given)
        self.taken.append((time.perf_counter() - begun, time.thread_time() - processor))  # whole also between threads
        return found

    def read(self) -> tuple[float, float]:
        """The sums since the last look."""
        taken, self.taken = self.taken, []
        return sum(wall for wall, _ in taken), sum(processor for _, processor in taken)


def consumed(batches: Iterable, told: Callable[[Any], Delivery], busy: float) -> dict[str, float]:
    """Seconds of one epoch as its consumer spends them, and those of the work, wherever it was done.

    `waiting` is from when a batch is asked for until it is ready, `hand_over` from then until it is here.
    """
    found = dict.fromkeys(("transform", "processor", "batching", "waiting", "hand_over", "busy"), 0.0)
    begun = time.perf_counter()
    iterator = iter(batches)
    while True:
        asked = time.time()
        batch = next(iterator, None)
        if batch is None:
            break
        here, delivery = time.time(), told(batch)
        for name in ("transform", "processor", "batching"):
            found[name] += getattr(delivery, name)
        if delivery.done is not None:
            found["waiting"] += max(0.0, delivery.done - asked)
            found["hand_over"] += max(0.0, here - max(delivery.done, asked))
        if busy:
            before = time.perf_counter()
            time.sleep(busy)
            found["busy"] += time.perf_counter() - before
    return found | {"wall": time.perf_counter() - begun}
