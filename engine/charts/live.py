"""The live state of one run, shared by all who watch it: reads what is new, says it as a snapshot or an append."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.charts.series import Curve, Difference, Side, bucket_size, extremes, means, peaks
from engine.runs import SideStatus, Store

DIGITS = 7  # of a drawn value; the record keeps them all


@dataclass(frozen=True)
class Mark:
    """What a watcher has been told: of which generation, how many points of each curve, and which version of it all."""

    generation: int
    version: int
    counts: tuple[tuple[str, int], ...]


class LiveRun:
    """One run's curves and status, kept up to date by `poll`. Not for two threads at once.

    Messages are JSON. A snapshot holds everything; an append holds, per curve, the points from position `from` on,
    which take the place of what the watcher has from there. All watchers with the same mark get the same text.
    """

    def __init__(self, store: Store, run: str):
        """Nothing is read yet. Raises RunNotFound for an unknown run."""
        self._store, self._run = store, run
        self._sides: dict[str, Side] = {name: Side() for name in store.config(run).frameworks}
        self._paths = {name: store.log(run, name) for name in self._sides}
        self._own_path = store.log(run)
        self._offsets: dict[str, int] = dict.fromkeys(self._sides, 0)
        self._sizes: tuple[int, ...] | None = None
        self._difference = Difference()
        self._statuses: dict[str, SideStatus] = {}
        self._generation = self._version = 0
        self._messages: dict[Mark | None, str] = {}
        self._bucket_sizes: dict[str, int] = {}

    @property
    def ended(self) -> bool:
        """Whether every side has ended, as far as `poll` has seen."""
        return bool(self._statuses) and all(status.ended for status in self._statuses.values())

    def stale(self) -> bool:
        """Whether a file has changed since the last poll; a few system calls."""
        return self._stat() != self._sizes

    def poll(self) -> bool:
        """Read what is new in the files and who is alive; True when there is something to tell.

        Raises RunNotFound when the run was deleted, ValueError for a line that is no event, OSError.
        """
        self._sizes = self._stat()
        # The status first: a side that has ended by now has written all that is read below.
        statuses = self._store.status(self._run)
        news = [self._read(name) for name in self._sides]
        changed = any(news) or statuses != self._statuses
        if changed:
            self._statuses = statuses
            self._version += 1
            self._messages.clear()
        return changed

    def mark(self) -> Mark:
        """The mark of a watcher who knows everything."""
        counts = tuple((line.name, len(line.curve)) for line in self._lines())
        return Mark(self._generation, self._version, counts)

    def message(self, mark: Mark | None) -> str:
        """What a watcher at `mark` does not know yet; the snapshot for one of an earlier generation or of none."""
        if mark and mark.generation != self._generation:
            mark = None
        if mark not in self._messages:
            known = dict(mark.counts) if mark else {}
            self._messages[mark] = json.dumps(
                {
                    "type": "append" if mark else "snapshot",
                    "run": self._run,
                    "ended": self.ended,
                    "sides": {name: self._side(name) for name in self._sides},
                    "difference": self._difference_words(),
                    "curves": {line.name: told for line in self._lines() if (told := line.since(known.get(line.name)))},
                },
                allow_nan=False,
                separators=(",", ":"),
            )
        return self._messages[mark]

    def _stat(self) -> tuple[int, ...]:
        return tuple(_size(path) for path in (self._own_path, *self._paths.values()))

    def _read(self, name: str) -> int:
        found, self._offsets[name] = self._store.read(self._run, name, self._offsets[name])
        back = [self._sides[name].add(event) for event in found]
        if len(self._sides) == 2:
            first, second = self._sides.values()
            if any(back):
                self._difference = Difference()
            self._difference.update(first.losses, second.losses)
        sizes = {line.name: line.size for line in self._lines()}
        grew = any(sizes[line] != size for line, size in self._bucket_sizes.items())
        self._generation += any(back) or grew
        self._bucket_sizes = sizes
        return len(found)

    def _lines(self) -> Iterator["_Line"]:
        size = bucket_size(max(len(side.losses) for side in self._sides.values()))
        for name, side in self._sides.items():
            yield _Line(f"{name}.loss", side.losses, size, extremes, _clock([side], 1), averaged=True)
            for metric, curve in side.metrics.items():
                yield _Line(f"{name}.{metric}", curve, bucket_size(len(curve)), extremes, _clock([side], 0))
        if len(self._sides) == 2:
            # Both have done a step when the slower of the two has.
            yield _Line("difference", self._difference, size, peaks, _clock(list(self._sides.values()), 1))

    def _side(self, name: str) -> dict[str, object]:
        side, status = self._sides[name], self._statuses.get(name)
        started = side.started
        return {
            "status": status.word if status else "queued",
            "step": len(side.losses),
            "loss": _drawn(side.losses.values[-1:])[0] if len(side.losses) else None,
            "total_steps": started.total_steps if started else None,
            "steps_per_epoch": started.steps_per_epoch if started else None,
            "validates": started is None or started.validation_examples > 0,
        }

    def _difference_words(self) -> dict[str, object]:
        gap = self._difference
        return {"steps": len(gap), "identical": gap.identical, "largest": _drawn(np.array([gap.largest]))[0]}


@dataclass(frozen=True)
class _Line:
    """A curve, and how it is drawn: buckets of `size` points, of which `choose` picks the indices."""

    name: str
    curve: Curve
    size: int
    choose: Callable[[np.ndarray, int], np.ndarray]
    seconds: Callable[[np.ndarray], np.ndarray]
    averaged: bool = False

    def since(self, known: int | None) -> dict[str, object] | None:
        """The points from the bucket of the last known one on; None when there is nothing new."""
        if len(self.curve) <= (known or 0):
            return None
        start = (known - 1) // self.size * self.size if known else 0
        positions, values = self.curve.positions[start:], self.curve.values[start:]
        chosen = self.choose(values, self.size)
        told: dict[str, object] = {
            "from": int(positions[0]),
            "size": self.size,
            "x": positions[chosen].tolist(),
            "y": _drawn(values[chosen]),
            "seconds": _drawn(self.seconds(positions[chosen])),
        }
        return told | {"mean": _drawn(means(values, self.size))} if self.averaged else told


def _clock(sides: list[Side], ahead: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda steps: np.max([side.seconds_after(steps + ahead) for side in sides], axis=0)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # reading it will say why
        return -1


def _drawn(values: np.ndarray) -> list[float | None]:
    return [float(f"{value:.{DIGITS}g}") if value == value else None for value in values.tolist()]
