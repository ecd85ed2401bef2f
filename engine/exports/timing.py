"""How long an answer takes: the times of single calls, and the answers of a whole set of rows."""

import time
from collections.abc import Callable

import numpy as np

BATCHES = (1, 32)
CALLS, SECONDS, WARM_UP = 500, 1.0, 5


def answers(answer: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, batch: int) -> np.ndarray:
    """The outputs for all rows, `batch` at a time; there are whole batches of them."""
    return np.concatenate([answer(rows[first : first + batch]) for first in range(0, len(rows), batch)])


def latency(answer: Callable[[np.ndarray], np.ndarray], rows: np.ndarray) -> dict[str, float]:
    """Seconds of one call, by p50 and p95 over CALLS calls or SECONDS, whichever ends first, after some to warm up."""
    for _ in range(WARM_UP):
        answer(rows)
    taken: list[float] = []
    begun = time.perf_counter()
    while len(taken) < CALLS and time.perf_counter() - begun < SECONDS:
        before = time.perf_counter()
        answer(rows)
        taken.append(time.perf_counter() - before)
    low, high = np.percentile(taken, (50, 95)).tolist()
    return {"p50": low, "p95": high, "calls": len(taken)}
