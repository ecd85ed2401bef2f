"""The live state of one run, shared by all who watch it: reads what is new, says it as a snapshot or an append."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.runs import SideStatus, Store
from engine.store.progress import shared
from engine.store.series import Curve, Difference, Side, bucket_size, extremes, means, peaks

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
        self._run = run
        self._progress = shared(store, run)
        self._sides: dict[str, Side] = {name: side.curves for name, side in self._progress.sides.items()}
        self._paths = [store.log(run), *(store.log(run, name) for name in self._sides)]
        self._sizes: tuple[int, ...] | None = None
        self._difference = Difference()
        self._statuses: dict[str, SideStatus] = {}
        self._known = -1  # the version of the progress that is told here
        self._rewinds = self._generation = self._version = 0
        self._counts: tuple[tuple[str, int], ...] = ()
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

        Raises RunNotFound when the run was deleted, RunUnreadable for a line that is no event, StoreError.
        """
        self._sizes = self._stat()
        self._progress.poll()
        with self._progress.lock:
            changed = self._progress.version != self._known
            if changed:
                self._take_over()
        return changed

    def mark(self) -> Mark:
        """The mark of a watcher who knows everything that is told now."""
        return Mark(self._generation, self._version, self._counts)

    def message(self, mark: Mark | None) -> str:
        """What a watcher at `mark` does not know yet; the snapshot for one of an earlier generation or of none."""
        if mark and mark.generation != self._generation:
            mark = None
        if mark not in self._messages:
            with self._progress.lock:
                told = self._told(mark)
            self._messages[mark] = json.dumps(told, allow_nan=False, separators=(",", ":"))
        return self._messages[mark]

    def _told(self, mark: Mark | None) -> dict[str, object]:
        known = dict(mark.counts) if mark else {}
        return {
            "type": "append" if mark else "snapshot",
            "run": self._run,
            "ended": self.ended,
            "sides": {name: self._side(name) for name in self._sides},
            "difference": self._difference_words(),
            "curves": {line.name: told for line in self._lines() if (told := line.since(known.get(line.name)))},
        }

    def _stat(self) -> tuple[int, ...]:
        return tuple(map(_size, self._paths))

    def _take_over(self) -> None:
        """Have all that the progress knows now told from now on."""
        self._known, self._statuses = self._progress.version, self._progress.statuses
        self._version += 1
        self._messages.clear()
        rewinds = sum(side.rewinds for side in self._sides.values())
        if len(self._sides) == 2:
            if rewinds != self._rewinds:
                self._difference = Difference()
            self._difference.update(*(side.losses for side in self._sides.values()))
        # Others may read on meanwhile: a message then holds more than its mark says, never less.
        self._counts = tuple((line.name, len(line.curve)) for line in self._lines())
        sizes = {line.name: line.size for line in self._lines()}
        grew = any(sizes[line] != size for line, size in self._bucket_sizes.items())
        self._generation += rewinds != self._rewinds or grew
        self._rewinds, self._bucket_sizes = rewinds, sizes

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
