"""When something that is taken now and then is due again."""

import contextlib
from collections.abc import Callable, Iterator


class Pace:
    """Due at most once in `least_seconds`, the first time after so many, and taking at most a `share` of the time.

    `at_once`: the first time may be now.
    """

    def __init__(self, clock: Callable[[], float], least_seconds: float, share: float, at_once: bool = False):
        self._clock, self._least, self._share = clock, least_seconds, share
        self._next = clock() + (0.0 if at_once else least_seconds)
        self._before = 0.0  # what it took the last time

    def due(self, now: float) -> bool:
        """Whether it may be taken `now`, by the clock."""
        return now >= self._next

    @contextlib.contextmanager
    def measured(self) -> Iterator[None]:
        """Around taking it and, where that is asked for, writing it."""
        begun = self._clock()
        yield
        ended = self._clock()
        # The first time may trace or compile, and once in a while a machine stalls: neither is what it takes.
        took = min(self._before, ended - begun)
        self._next, self._before = max(begun + self._least, ended + took / self._share), ended - begun
