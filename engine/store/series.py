"""From events to curves: growing arrays of one side's losses, times and validation metrics, and their decimation."""

import math
from collections.abc import Mapping

import numpy as np

from engine import events
from engine.events import Event

MOST_BUCKETS = 1000


class Curve:
    """A line that grows: rising whole positions, a value each; NaN where there is no finite value."""

    def __init__(self) -> None:
        self._count = 0
        self._positions = np.empty(64, dtype=np.int64)
        self._values = np.empty(64, dtype=np.float64)

    def __len__(self) -> int:
        return self._count

    @property
    def positions(self) -> np.ndarray:
        """A view, valid until the curve grows."""
        return self._positions[: self._count]

    @property
    def values(self) -> np.ndarray:
        """A view, valid until the curve grows."""
        return self._values[: self._count]

    def extend(self, positions: np.ndarray, values: np.ndarray) -> None:
        """Add points behind the last one; infinities become NaN."""
        end = self._count + len(values)
        if end > len(self._values):
            room = max(end, 2 * len(self._values))
            self._positions = _grown(self.positions, room)
            self._values = _grown(self.values, room)
        self._positions[self._count : end] = positions
        self._values[self._count : end] = np.where(np.isfinite(values), values, np.nan)
        self._count = end

    def append(self, position: int, value: float) -> None:
        """Add one point; many small events feel the difference to `extend`."""
        if self._count == len(self._values):
            self._positions = _grown(self.positions, 2 * self._count)
            self._values = _grown(self.values, 2 * self._count)
        self._positions[self._count] = position
        self._values[self._count] = value if math.isfinite(value) else math.nan
        self._count += 1

    def truncate(self, count: int) -> None:
        """Keep the first `count` points."""
        self._count = min(self._count, count)


def _grown(array: np.ndarray, room: int) -> np.ndarray:
    wider = np.empty(room, dtype=array.dtype)
    wider[: len(array)] = array
    return wider


class Side:
    """What one side's events say so far; `losses` has a point for every step from 0 on, at its own index."""

    def __init__(self) -> None:
        self.started: events.Started | None = None
        self.rewinds = 0  # how often points that were there before have been taken back
        self.losses = Curve()
        self.metrics: dict[str, Curve] = {}
        self._clock = Curve()  # seconds inside training after so many steps, where an event says so
        self._clock.extend(np.zeros(1), np.zeros(1))

    def add(self, event: Event) -> None:
        """Take the next event of the log. Raises ValueError for steps far behind the last one that there is to be."""
        match event:
            case events.Started():
                self.started = event
            case events.Resumed():
                self._rewind(event.from_step)
            case events.Steps():
                self._rewind(event.first_step)
                self._add_steps(event)
            case events.Epoch():
                self._add_metrics(event.step, event.metrics)

    def seconds_after(self, steps: np.ndarray) -> np.ndarray:
        """Seconds inside training when so many steps were done; an event's time is spread evenly over its steps."""
        return np.interp(steps, self._clock.positions, self._clock.values)

    def _add_steps(self, event: events.Steps) -> None:
        missing = event.first_step - len(self.losses)
        if self.started and missing > self.started.total_steps:  # before memory is asked for them
            raise ValueError(f"step {event.first_step:,} of {self.started.total_steps:,}")
        if missing > 0:
            self._extend_losses(np.full(missing, np.nan))
        self._extend_losses(np.array(event.losses, dtype=np.float64))
        self._clock.append(len(self.losses), self._clock.values[-1] + event.seconds)

    def _extend_losses(self, values: np.ndarray) -> None:
        first = len(self.losses)
        self.losses.extend(np.arange(first, first + len(values)), values)

    def _add_metrics(self, step: int, metrics: Mapping[str, float | None]) -> None:
        for name, value in metrics.items():
            if name not in self.metrics:
                self.metrics[name] = Curve()
            self.metrics[name].append(step, math.nan if value is None else value)

    def _rewind(self, step: int) -> None:
        if step >= len(self.losses):
            return
        self.rewinds += 1
        seconds = self.seconds_after(np.array([step]))
        self.losses.truncate(step)
        for curve in self.metrics.values():
            curve.truncate(int(np.searchsorted(curve.positions, step, side="right")))
        self._clock.truncate(int(np.searchsorted(self._clock.positions, step)))
        self._clock.extend(np.array([step]), seconds)


class Difference(Curve):
    """|first − second| at every step that both sides have done."""

    def __init__(self) -> None:
        super().__init__()
        self.identical = 0

    def update(self, first: Curve, second: Curve) -> None:
        """Go on with the steps that both have now; for curves that were taken back, make a new one."""
        new = slice(len(self), max(len(self), min(len(first), len(second))))
        gap = np.abs(first.values[new] - second.values[new])
        self.identical += int(np.count_nonzero(gap == 0))
        self.extend(first.positions[new], gap)

    @property
    def largest(self) -> float:
        """The largest difference; NaN when there is none."""
        return float(np.fmax.reduce(self.values)) if len(self) else float("nan")


# Decimation: buckets of 2^k points, counted from the first point, so that a bucket never moves as the curve grows.


def bucket_size(count: int, most: int = MOST_BUCKETS) -> int:
    """The smallest power of two that cuts `count` points into at most `most` buckets."""
    return 1 << max(0, -(-count // most) - 1).bit_length()


def extremes(values: np.ndarray, size: int) -> np.ndarray:
    """Indices of the lowest and the highest value of each bucket, and of the last point: at most two a bucket and one.

    A bucket without a finite value keeps its first point, as a gap.
    """
    if size == 1:
        return np.arange(len(values))
    table = _buckets(values, size)
    low = np.where(np.isnan(table), np.inf, table).argmin(axis=1)
    chosen = _indices(np.stack([low, _highest(table)], axis=1), size)
    return np.unique(np.append(chosen, len(values) - 1)) if len(values) else chosen


def peaks(values: np.ndarray, size: int) -> np.ndarray:
    """The index of the highest value of each bucket; of one without a finite value the first, as a gap."""
    if size == 1:
        return np.arange(len(values))
    return _indices(_highest(_buckets(values, size))[:, np.newaxis], size)


def means(values: np.ndarray, size: int) -> np.ndarray:
    """The mean of each bucket's finite values; NaN where it has none."""
    table = _buckets(values, size)
    count = np.count_nonzero(~np.isnan(table), axis=1)
    return np.where(count, np.nansum(table, axis=1) / np.maximum(count, 1), np.nan)


def _buckets(values: np.ndarray, size: int) -> np.ndarray:
    short = -len(values) % size
    padded = np.concatenate([values, np.full(short, np.nan)]) if short else values
    return padded.reshape(-1, size)


def _highest(table: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(table), -np.inf, table).argmax(axis=1)


def _indices(in_bucket: np.ndarray, size: int) -> np.ndarray:
    return np.unique(in_bucket + np.arange(len(in_bucket))[:, np.newaxis] * size)
