"""What one run has done so far, kept up to date by reading only what is new: for figures, tables and words."""

import threading
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np

from engine import events
from engine.config import FRAMEWORKS
from engine.events import Event
from engine.fairness.parity import Parity, compare
from engine.runs import RunUnreadable, SideStatus, Store, StoreError
from engine.store.labels import shown
from engine.store.series import Side

MOST_HISTOGRAMS = 100  # of a side that stay in memory
PACE_SECONDS = 0.5  # of training, before a side says how long it will take


class Throughput:
    """Steps per second inside training, without what is no steady training.

    Left out is the first `steps` event of each process, which contains tracing or compilation, and, as soon as a
    later epoch has been trained, the first epoch.
    """

    def __init__(self) -> None:
        self._first = True
        self._epoch = 0
        self._all = self._later = (0, 0.0)

    def add(self, event: Event) -> None:
        """Take the next event of the side."""
        if isinstance(event, events.Started):
            self._first, self._epoch = True, event.steps_per_epoch
        elif isinstance(event, events.Steps):
            if not self._first:
                self._all = _added(self._all, event)
                if event.first_step >= self._epoch:
                    self._later = _added(self._later, event)
            self._first = False

    @property
    def value(self) -> float | None:
        """None before there is anything to count."""
        steps, seconds = self._later if self._later[1] else self._all
        return steps / seconds if seconds else None


def _added(total: tuple[int, float], event: events.Steps) -> tuple[int, float]:
    return total[0] + len(event.losses), total[1] + event.seconds


class SideProgress:
    """One side: its curves, its speed, its memory, and how long it may still take."""

    def __init__(self) -> None:
        self.curves = Side()
        self.throughput = Throughput()
        self.resources: events.Resources | None = None
        self.loss_scale: events.LossScaled | None = None  # the newest word of it, in float16
        self.peak_memory = 0  # bytes, over all processes that trained this side
        self.histograms: list[events.Histograms] = []  # in the order of their steps, the newest always among them
        self._traced_at: tuple[int, float] | None = None  # steps done and time when steady training began
        self._away = 0.0  # seconds paused since then

    @property
    def started(self) -> events.Started | None:
        return self.curves.started

    @property
    def steps(self) -> int:
        """How many steps are done."""
        return len(self.curves.losses)

    @property
    def seconds(self) -> float:
        """Time inside training steps."""
        return float(self.curves.seconds_after(np.array([self.steps]))[0])

    def final(self) -> dict[str, float]:
        """The training loss of the last step, and each validation metric after the last epoch; NaN if not finite."""
        found = {"train_loss": self.curves.losses.values[-1:]}
        found |= {name: curve.values[-1:] for name, curve in self.curves.metrics.items()}
        return {name: float(values[0]) for name, values in found.items() if len(values)}

    def add(self, event: Event) -> None:
        """Take the next event of the side's log."""
        self.curves.add(event)
        self.throughput.add(event)
        match event:
            case events.Started():
                self._traced_at = None
            case events.Resumed():
                self.histograms = [kept for kept in self.histograms if kept.step <= event.from_step]
            case events.Steps() if self._traced_at is None and self.started:
                self._traced_at, self._away = (self.steps, self.started.time + event.seconds), 0.0
            case events.Paused():
                self._away -= event.time
            case events.Continued():
                self._away += event.time
            case events.Histograms():
                self._keep(event)
            case events.LossScaled():
                self.loss_scale = event
            case events.Resources():
                self.resources, self.peak_memory = event, max(self.peak_memory, event.peak_memory, event.memory)

    def _keep(self, event: events.Histograms) -> None:
        self.histograms.append(event)
        if len(self.histograms) > MOST_HISTOGRAMS:  # of hours of training
            del self.histograms[-2::-2]

    def seconds_left(self, now: float) -> float | None:
        """Time until the last step at the pace since this process began; None where there is no pace yet."""
        if not (self.started and self._traced_at):
            return None
        steps, begun = self._traced_at
        taken = now - begun - self._away
        if taken < PACE_SECONDS or self.steps <= steps:
            return None
        return (self.started.total_steps - self.steps) * taken / (self.steps - steps)


def follow(told: Iterable[Event]) -> SideProgress:
    """The progress that these events of one side tell."""
    side = SideProgress()
    for event in told:
        side.add(event)
    return side


class RunProgress:
    """One run; for any number of threads: who reads curves while others may poll holds `lock` meanwhile.

    Raises StoreError for a run that is unknown or cannot be read.
    """

    def __init__(self, store: Store, run: str):
        self.config = store.config(run)
        self.run = run
        self.sides: dict[str, SideProgress] = {name: SideProgress() for name in self.config.frameworks}
        self.statuses: dict[str, SideStatus] = {}
        self.name = ""  # what a person calls it, as it is shown
        self.requeued = 0  # how often a side was told to go on after it had ended
        self.version = 0  # rises with every poll that found something new
        self.lock = threading.RLock()
        self._store = store
        self._offsets: dict[str | None, int] = dict.fromkeys((None, *self.config.frameworks), 0)
        self._ended_before: set[str] = set()

    def poll(self) -> None:
        """Read what is new. Raises StoreError where that is not possible any more."""
        with self.lock:
            # The status first: a side that has ended by now has written all that is read below.
            statuses = self._store.status(self.run)
            before = dict(self._offsets)
            for event in self._new(None):
                self.requeued += isinstance(event, events.Requeued)
                self.name = shown(event.name) if isinstance(event, events.Labelled) else self.name
            for name, side in self.sides.items():
                for event in self._new(name):
                    self._add(name, side, event)
            self.version += statuses != self.statuses or before != self._offsets
            self.statuses = statuses

    def _new(self, side: str | None) -> Iterator[Event]:
        """What is new of a log; it counts as read once all of it has been taken."""
        found, offset = self._store.read(self.run, side, self._offsets[side])
        yield from found
        self._offsets[side] = offset

    def _add(self, name: str, side: SideProgress, event: Event) -> None:
        try:
            side.add(event)
        except ValueError as error:
            why = f"because its {name}/events.jsonl is damaged: {error}"
            raise RunUnreadable(f"The run {self.run} cannot be read, {why}.") from None

    @property
    def ended(self) -> bool:
        """Whether every side has ended, as far as `poll` has seen."""
        return all(status.ended for status in self.statuses.values())

    def ahead(self) -> int:
        """How many runs made before this one have not ended yet."""
        made = self._store.made
        mine = made(self.run), self.run
        others = [run for run in self._store.runs() if run not in self._ended_before]
        older = [run for run in others if (made(run), run) < mine]
        ended = {run for run in older if _has_ended(self._store, run)}
        self._ended_before |= ended
        return len(older) - len(ended)


@lru_cache(maxsize=64)
def shared(store: Store, run: str) -> RunProgress:
    """The one progress of a run that the page and the chart of every browser share, so that its log is read once."""
    return RunProgress(store, run)


def _has_ended(store: Store, run: str) -> bool:
    try:
        return all(status.ended for status in store.status(run).values())
    except StoreError:  # deleted just now, or damaged: nobody waits for it
        return True


def seconds_left(side: SideProgress, status: SideStatus) -> float | None:
    """As SideProgress says it, now; None while the side does not train."""
    return side.seconds_left(time.time()) if status.word == "running" else None


def parity_of(progress: RunProgress) -> Parity | None:
    """How far the losses of a run's two sides lie apart; None without two sides that did a step."""
    curves = [progress.sides[name].curves.losses.values for name in FRAMEWORKS if name in progress.sides]
    return compare(*curves) if len(curves) == 2 else None


def is_race(progress: RunProgress) -> bool:
    """Whether both sides trained at the same time, so that no timing is a measure of one alone."""
    return progress.config.concurrency == "race" and len(progress.sides) == 2
