"""What came out of a sweep: its trials with the values of both sides, the best of each, and whether that differs."""

import contextlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.config import FRAMEWORKS
from engine.experiments.outcomes import outcome
from engine.fairness.best_settings import Answer, answer
from engine.fairness.intervals import HIGHER_IS_BETTER
from engine.logs import size_of
from engine.runs import Store, StoreError
from engine.sweeps import sweep_store
from engine.sweeps.ranges import Range, Value
from engine.sweeps.sweep import Plan

if TYPE_CHECKING:  # Optuna
    from engine.sweeps.study import Trial

FEW = 3  # trials of each side that are repeated with other seeds
LEAST_FOR_IMPORTANCE = 10
CANDIDATES = "candidates"  # the name under which a study keeps which trials are repeated
Values = dict[str, float | None]  # by side, None where it did not finish with a finite one


def side_values(store: Store, run: str, metric: str) -> Values:
    """The final value of a run's sides. A run that is gone or damaged has none."""
    with contextlib.suppress(StoreError):
        sizes = tuple(size_of(store.log(run, side)) for side in (None, *FRAMEWORKS))
        return dict(_values(store, run, metric, sizes))
    return dict.fromkeys(FRAMEWORKS)


@lru_cache(maxsize=32_768)
def _values(store: Store, run: str, metric: str, sizes: tuple[int, ...]) -> Values:
    found: Values = dict.fromkeys(FRAMEWORKS)
    statuses = store.status(run)
    if any(status.word == "finished" for status in statuses.values()):
        for side, final in outcome(store, run).final.items():
            value = final.get(metric, math.nan)
            if statuses[side].word == "finished" and math.isfinite(value):
                found[side] = value
    return found


@dataclass(frozen=True)
class Told:
    """One trial; `word` is waiting, running, finished, cut, diverged, failed or gone, and `reason` may say why."""

    number: int
    setting: Mapping[str, Value]
    word: str
    reason: str
    run: str
    values: Values

    @property
    def mean(self) -> float | None:
        """The mean of both sides; None unless both have a value."""
        found = [value for value in self.values.values() if value is not None]
        return sum(found) / len(found) if len(found) == len(FRAMEWORKS) else None


@dataclass(frozen=True)
class Results:
    """A sweep as far as it has come; `repeats` are values of the best trials with other seeds, by trial and seed."""

    name: str
    plan: Plan
    word: str
    sentence: str
    trials: tuple[Told, ...]
    candidates: tuple[int, ...]
    repeats: Mapping[tuple[int, int], Values]
    runs: Mapping[tuple[int, int], str]

    @property
    def over(self) -> int:
        """How many trials are over."""
        return sum(trial.word not in ("waiting", "running") for trial in self.trials)

    def ranked(self, side: str) -> list[Told]:
        """The trials with a value of that side, best first."""
        return ranked(self.plan, self.trials, side)

    def complete(self) -> tuple[list[int], list[int]]:
        """Candidates and seeds of which every repeat has both values: a candidate that lost more than half is left out.

        What is compared must be the same seeds for all.
        """
        seeds = sorted({seed for _, seed in self.repeats})
        got = {key for key, values in self.repeats.items() if None not in values.values()}
        chosen = [one for one in self.candidates if 2 * sum((one, seed) in got for seed in seeds) > len(seeds)]
        return chosen, [seed for seed in seeds if all((one, seed) in got for one in chosen)]

    def answer(self) -> Answer | None:
        """Whether the best setting differs between the sides; None before two settings have two seeds in common."""
        chosen, seeds = self.complete()
        if len(chosen) < 2 or len(seeds) < 2:
            return None
        tables = [[[self.repeats[one, seed][side] or 0.0 for seed in seeds] for one in chosen] for side in FRAMEWORKS]
        return answer(self.plan.metric, *tables)

    def importances(self) -> dict[str, dict[str, float]]:
        """By side and field the share of the spread that it accounts for; empty with too few trials to say."""
        found = {}
        for side in FRAMEWORKS if len(self.plan.ranges) > 1 else ():
            known = self.ranked(side)
            if len(known) >= LEAST_FOR_IMPORTANCE:
                settings = tuple(tuple(trial.setting.items()) for trial in known)
                found[side] = _importances(self.plan.ranges, settings, tuple(trial.values[side] for trial in known))
        return {side: shares for side, shares in found.items() if shares}


@lru_cache(maxsize=16)
def _importances(ranges: tuple[Range, ...], settings: tuple, values: tuple) -> dict[str, float]:
    """Computed once: it takes a second for 200 trials, and a page that renews itself asks again and again."""
    from engine.sweeps.study import importances

    return importances(ranges, [dict(setting) for setting in settings], values)


def ranked(plan: Plan, trials: Sequence[Told], side: str) -> list[Told]:
    """The trials with a value of that side, best first; of several with one setting, the first."""
    sign = -1 if plan.metric in HIGHER_IS_BETTER else 1
    known = [trial for trial in trials if trial.values[side] is not None]
    alone = {json.dumps(dict(trial.setting), sort_keys=True): trial for trial in reversed(known)}
    return sorted(alone.values(), key=lambda trial: (sign * (trial.values[side] or 0.0), trial.number))


def best_few(store: Store, plan: Plan, trials: Sequence["Trial"]) -> list[int]:
    """The numbers of the trials that are worth repeating: the best FEW of each side that both sides finished."""
    told = [_told(store, plan, trial) for trial in trials]
    both = [trial for trial in told if trial.mean is not None]
    return sorted({trial.number for side in FRAMEWORKS for trial in ranked(plan, both, side)[:FEW]})


def repeats_of(kept: Mapping[str, Any]) -> dict[tuple[int, int], str]:
    """The runs of the repeats among what a study keeps, by the number of the trial and the seed."""
    found = {}
    for name, run in kept.items():
        kind, *numbers = name.split()
        if kind == "repeat":
            found[int(numbers[0]), int(numbers[1])] = str(run)
    return found


def results(store: Store, name: str) -> Results:
    """Read a sweep as far as it has come. Raises StoreError."""
    plan, path = sweep_store.load(store, name), sweep_store.folder(store, name) / sweep_store.STUDY
    ended = sweep_store.how_it_ended(store, name)
    trials, kept = _study(path) if path.exists() else ([], {})
    runs = repeats_of(kept)
    return Results(
        name, plan, sweep_store.word(store, name), ended[1] if ended else "",
        tuple(_told(store, plan, trial) for trial in trials), tuple(kept.get(CANDIDATES, ())),
        {key: side_values(store, run, plan.metric) for key, run in runs.items()}, runs,
    )  # fmt: skip


def _study(path: Path) -> tuple[list["Trial"], dict[str, Any]]:
    """The trials and what is kept, read once for every change of the file.

    Another change may come within the same tick of the file system's clock, so a young stamp proves nothing.
    """
    stamp = path.stat().st_mtime_ns
    read = _unchanged if time.time_ns() - stamp > 10**9 else _unchanged.__wrapped__
    return read(path, stamp)


@lru_cache(maxsize=64)
def _unchanged(path: Path, stamp: int) -> tuple[list["Trial"], dict[str, Any]]:
    from engine.sweeps.study import read

    return read(path)


def _told(store: Store, plan: Plan, trial: "Trial") -> Told:
    reason = str(trial.notes.get("reason", ""))
    values: Values = dict.fromkeys(FRAMEWORKS)
    word = {"told": "finished", "cut": "cut" if reason.startswith("Ended early") else "diverged"}.get(
        trial.state, "failed"
    )
    if trial.state == "open":
        word = "waiting"
        with contextlib.suppress(StoreError):
            if trial.run and any(side.word != "queued" for side in store.status(trial.run).values()):
                word = "running"
    elif trial.run:
        values = side_values(store, trial.run, plan.metric)
        if word == "finished" and all(value is None for value in values.values()):
            word, reason = "gone", "Its run was deleted, or cannot be read: its results count no more."
    return Told(trial.number, trial.setting, word, reason, trial.run, values)
