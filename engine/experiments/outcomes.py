"""What came out of the runs of an experiment, read from their events: final metrics, curves, comparisons, effects."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from engine.charts.experiment_words import effect_words, effects_explained, verdict
from engine.config import FRAMEWORKS, NAMES
from engine.experiments.experiment import NOTHING, Experiment, Member, statuses
from engine.fairness.intervals import Comparison, Effect, compare, effect, margin_of
from engine.logs import size_of
from engine.runs import SideStatus, Store, StoreError
from engine.store.progress import RunProgress, SideProgress

MAIN = ("validation_accuracy", "validation_r2", "validation_loss", "train_loss")  # the first one there says most
Sides = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Outcome:
    """One run whose sides both finished: by framework and metric, the final value, and the curve by epoch.

    A curve is (epochs, values). The training loss of an epoch is the mean over its steps, and so is its final value.
    """

    final: Sides
    curves: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]


def outcome(store: Store, run: str) -> Outcome:
    """The outcome of a finished run, read once. Raises StoreError."""
    return _read(store, run, tuple(size_of(store.log(run, side)) for side in FRAMEWORKS))


@lru_cache(maxsize=2048)
def _read(store: Store, run: str, sizes: tuple[int, ...]) -> Outcome:
    progress = RunProgress(store, run)
    progress.poll()
    curves = {name: _curves(side) for name, side in progress.sides.items()}
    final = {
        name: {metric: float(values[-1]) for metric, (_, values) in own.items() if len(values)}
        for name, own in curves.items()
    }
    return Outcome(final, curves)


def _curves(side: SideProgress) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    length = side.started.steps_per_epoch if side.started else 1
    losses = side.curves.losses.values
    starts = np.arange(0, len(losses), length)
    found = {"train_loss": (starts / length + 1, np.add.reduceat(losses, starts) / _sizes(starts, len(losses)))}
    for name, curve in side.curves.metrics.items():
        found[name] = (curve.positions / length, curve.values.copy())
    return found


def _sizes(starts: np.ndarray, end: int) -> np.ndarray:
    return np.diff([*starts, end])


@dataclass(frozen=True)
class Outcomes:
    """An experiment as far as it has come: each member's sides, and the outcome of those that finished."""

    experiment: Experiment
    statuses: dict[str, dict[str, SideStatus]]
    finished: dict[Member, Outcome]

    @cached_property
    def metrics(self) -> list[str]:
        """The metrics that every finished run has, the one that says most first."""
        every = [set(own) for found in self.finished.values() for own in found.final.values()]
        shared = set.intersection(*every) if every else set()
        names = dict.fromkeys((*MAIN, *sorted(shared)))
        return [name for name in names if name in shared]

    @property
    def ended(self) -> int:
        """How many runs have ended, one way or another, or are gone."""
        return sum(all(side.ended for side in sides.values()) for sides in self.statuses.values())

    def left_out(self) -> list[str]:
        """One phrase for each run that ended without two finite results, and so cannot be compared."""
        return [
            f"{_name(member)}: {_why(self.statuses[member.run])}"
            for member in self.experiment.members
            if self._over(member) and member not in self.finished
        ]

    def _over(self, member: Member) -> bool:
        return all(side.ended for side in self.statuses[member.run].values())

    def of(self, flip: str = NOTHING) -> dict[int, Outcome]:
        """The finished runs with that flip, by seed."""
        return {member.seed: found for member, found in self.finished.items() if member.flip == flip}

    def comparison(self, metric: str, flip: str = NOTHING) -> Comparison:
        """A final metric of both sides, paired by seed."""
        found = self.of(flip).values()
        return compare(metric, *([each.final[side][metric] for each in found] for side in FRAMEWORKS))

    def effects(self, metric: str, along: bool = False) -> list[Effect]:
        """What each flip does to the distance of the sides' final metric, or to its mean `along` the epochs.

        The intervals hold together: each is as wide as the number of flips asks for.
        """
        plain = self.of()
        distance = _curve_distance if along else _final_distance
        sides = ([found.final[side][metric] for found in plain.values()] for side in FRAMEWORKS)
        margin = margin_of(metric, *sides)
        found = []
        flips = self.experiment.flips[1:]
        for flip in flips:
            flipped = self.of(flip)
            seeds = [seed for seed in plain if seed in flipped]
            before, after = ([distance(runs[seed], metric) for seed in seeds] for runs in (plain, flipped))
            found.append(effect(flip, before, after, margin, len(flips)))
        return found


def outcomes(store: Store, experiment: Experiment) -> Outcomes:
    """Read what has ended so far. Runs that are gone or damaged are left out."""
    known = statuses(store, experiment)
    finished: dict[Member, Outcome] = {}
    for member in experiment.members:
        sides = known[member.run]
        if len(sides) == len(FRAMEWORKS) and all(side.word == "finished" for side in sides.values()):
            try:
                found = outcome(store, member.run)
            except StoreError:
                known[member.run] = {}
                continue
            if all(np.isfinite(value) for own in found.final.values() for value in own.values()):
                finished[member] = found
    return Outcomes(experiment, known, finished)


def _final_distance(found: Outcome, metric: str) -> float:
    torch, tensorflow = (found.final[side][metric] for side in FRAMEWORKS)
    return abs(torch - tensorflow)


def _curve_distance(found: Outcome, metric: str) -> float:
    """Mean |torch − tensorflow| over the epochs that both sides did."""
    torch, tensorflow = (found.curves[side][metric][1] for side in FRAMEWORKS)
    both = min(len(torch), len(tensorflow))
    return float(np.mean(np.abs(torch[:both] - tensorflow[:both])))


def curve_metric(metrics: Sequence[str]) -> str | None:
    """The loss along which curves are held against each other: of validation, where there is one."""
    return next((name for name in ("validation_loss", "train_loss") if name in metrics), None)


def _name(member: Member) -> str:
    return f"seed {member.seed}" + (f", {member.flip}" if member.flip else "")


def _why(sides: dict[str, SideStatus]) -> str:
    early = [f"{NAMES[name]} {side.word}" for name, side in sides.items() if side.word != "finished"]
    return " and ".join(early) if early else ("a metric was not finite" if sides else "the run is gone")


def summary(found: Outcomes) -> dict[str, Any]:
    """All of it as one JSON object."""
    made = found.experiment
    told: dict[str, Any] = {"experiment": made.id, "kind": made.kind, "seeds": list(made.seeds)}
    told["runs"] = [
        {**asdict(member), "sides": {name: side.word for name, side in found.statuses[member.run].items()}}
        for member in made.members
    ]
    told["left_out"] = found.left_out()
    compared = {metric: found.comparison(metric) for metric in found.metrics}
    told["metrics"] = {name: asdict(each) | {"verdict": verdict(each)} for name, each in compared.items()}
    if made.kind == "defaults" and found.metrics:
        main, loss = found.metrics[0], curve_metric(found.metrics)
        told["effects"] = {"final": _told(main, found.effects(main))}
        if loss:
            told["effects"]["curve"] = _told(loss, found.effects(loss, along=True))
    return told


def _told(metric: str, effects: list[Effect]) -> dict[str, Any]:
    flips = {each.flip: asdict(each) | {"verdict": effect_words(metric, each)} for each in effects}
    for told in flips.values():
        del told["flip"]
        told |= {name: None for name in ("before", "after") if not told["n"]}
    return {"metric": metric, "explained": effects_explained(effects), "flips": flips}
