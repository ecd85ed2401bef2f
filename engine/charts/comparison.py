"""A comparison gathered from the store: its curves, bands and remarks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.charts.comparison_bands import GroupBand, bands, remarks
from engine.charts.comparison_curves import Line, line
from engine.charts.comparison_labels import became, labels_of, named
from engine.charts.words import METRICS
from engine.config import NAMES, RunConfig
from engine.experiments.comparison import METRICS as COMPARED
from engine.experiments.comparison import Comparison
from engine.runs import Store, StoreError
from engine.store.progress import RunProgress, shared


@dataclass(frozen=True)
class Compared:
    """What is drawn: lines of the runs that could be read, bands where asked for, and remarks, one sentence each."""

    asked: Comparison
    configs: Mapping[str, RunConfig]
    names: Mapping[str, str]  # what a person calls each run; "" where it has no name
    labels: Mapping[str, str]
    lines: tuple[Line, ...]
    bands: tuple[GroupBand, ...]
    remarks: tuple[str, ...]
    live: bool  # whether a run may still grow


def gather(store: Store, asked: Comparison) -> Compared:
    """Read what is new of every run, and draw together what was asked for; a run that cannot be read is a remark."""
    progress, told = _read(store, asked.runs)
    configs = {run: each.config for run, each in progress.items()}
    names = {run: each.name for run, each in progress.items()}
    labels = labels_of(configs, names)
    lines = [
        found
        for run, each in progress.items()
        for side in each.sides
        if side in asked.sides and (found := line(each, side, asked.y, asked.x))
    ]
    made, apart = bands(asked, configs, lines) if asked.bands else ([], [])
    told += _absent(asked, progress, labels, lines) + _ended(progress, labels, asked)
    told += apart + remarks(made, labels, asked.x)
    return Compared(asked, configs, names, labels, tuple(lines), tuple(made), tuple(told), _grows(progress))


def offered(store: Store, runs: Iterable[str]) -> tuple[list[str], dict[str, RunConfig]]:
    """The metrics that a side of these runs has, and the configs of those runs that can be read."""
    progress, _ = _read(store, runs)
    have = {name for told in progress.values() for side in told.sides.values() for name in side.curves.metrics}
    return [name for name in COMPARED if name in have | {COMPARED[0]}], {
        run: told.config for run, told in progress.items()
    }


def live(store: Store, runs: Iterable[str]) -> bool:
    """Whether a side of these runs has not ended yet."""
    return _grows(_read(store, runs)[0])


def _grows(progress: Mapping[str, RunProgress]) -> bool:
    return any(not told.ended for told in progress.values())


def _read(store: Store, runs: Iterable[str]) -> tuple[dict[str, RunProgress], list[str]]:
    found: dict[str, RunProgress] = {}
    remarks = []
    for run in runs:
        try:
            told = shared(store, run)
            told.poll()
            found[run] = told
        except StoreError as error:
            remarks.append(f"{error} It is left out here.")
    return found, remarks


# Remarks


def _absent(
    asked: Comparison, progress: Mapping[str, RunProgress], labels: Mapping[str, str], lines: list[Line]
) -> list[str]:
    """Which sides have no curve, and why."""
    have = {(each.run, each.side) for each in lines}
    kinds: dict[str, list[str]] = {}
    for side in asked.sides:
        for run, told in progress.items():
            if (run, side) in have:
                continue
            if side not in told.sides:
                why = f"was not trained with {NAMES[side]}"
            elif not told.sides[side].steps:
                why = f"has no {NAMES[side]} step ({told.statuses[side].word})"
            else:
                why = f"has no {METRICS[asked.y].split(',')[0].lower()} of {NAMES[side]}"
            kinds.setdefault(why, []).append(run)
    return [f"{named(runs, labels)}: {why}." for why, runs in kinds.items()]


def _ended(progress: Mapping[str, RunProgress], labels: Mapping[str, str], asked: Comparison) -> list[str]:
    """Which sides broke off, or still go on."""
    told = []
    for run, each in progress.items():
        for side, status in each.statuses.items():
            if side in asked.sides and status.word in ("diverged", "failed", "interrupted"):
                detail = status.detail if status.detail.endswith(".") or not status.detail else f"{status.detail}."
                told.append(f"{NAMES[side]} of {labels[run]} {became(status.word)}. {detail}".strip())
    growing = [run for run, each in progress.items() if any(status.active for status in each.statuses.values())]
    if growing:
        told.append(f"Still training: {named(growing, labels)}. The curves grow.")
    return told
