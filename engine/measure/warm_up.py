"""Warm-up: blocks are measured until two windows that follow each other agree, and no longer than is sensible."""

from collections.abc import Callable

AGREEMENT = 0.05  # relative
MOST_WINDOWS = 12
MOST_COUNT = 1_000_000


def count_for(block_seconds: float, seconds_each: float, multiple: int = 1) -> int:
    """How many steps make a block of about so many seconds: a multiple of `multiple`, at least one of it."""
    wanted = min(block_seconds / max(seconds_each, 1e-9), MOST_COUNT)
    return max(1, round(wanted / multiple)) * multiple


def warm_up(measure: Callable[[int], float], block_seconds: float, multiple: int = 1) -> tuple[list[float], int, bool]:
    """Seconds per step of each window, the count that makes a block, and whether two windows agreed.

    `measure(count)` does so many steps and returns their seconds.
    """
    each = measure(multiple) / multiple
    windows: list[float] = []
    for _ in range(MOST_WINDOWS):
        count = count_for(block_seconds / 2, each, multiple)
        each = measure(count) / count
        windows.append(each)
        if len(windows) > 1 and abs(windows[-1] - windows[-2]) <= AGREEMENT * min(windows[-2:]):
            return windows, count_for(block_seconds, each, multiple), True
    return windows, count_for(block_seconds, each, multiple), False
