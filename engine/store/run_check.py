"""Whether a run that somebody exported is one that this version reads and shows, before it comes into the store."""

from pathlib import Path

import numpy as np

from engine import events
from engine.config import FRAMEWORKS, RunConfig
from engine.runs import Store
from engine.store import labels, view_files
from engine.store.progress import RunProgress
from engine.store.view_files import ViewError

MOST_MISSING = 100_000  # steps of a side of which no event tells: each takes memory, and none of the file


class Refused(ValueError):
    """It is not taken in; the message says of the file why, and ends no sentence."""


def check(apart: Store, run: str) -> None:
    """Look at all of the run, which lies in a store of its own, and see that nothing of it would begin to train here.

    Raises Refused and StoreError.
    """
    config = apart.config(run)
    for side in config.frameworks:
        (apart.root / run / side).mkdir(exist_ok=True)
        _check_steps(apart, run, side)
    if unasked := {side for side in FRAMEWORKS if (apart.root / run / side).exists()} - {*config.frameworks}:
        raise Refused(f"it has a side {min(unasked)} that its config does not ask for")
    if not all(status.ended for status in apart.status(run).values()):
        raise Refused("it had not ended when it was exported")
    _check_labels(apart, run)
    _follow(apart, run)
    for side in config.frameworks:
        _check_views(apart.root / run / side, config)


def _check_labels(apart: Store, run: str) -> None:
    for event in apart.read(run)[0]:
        if isinstance(event, events.Labelled) and (why := labels.refusal(event.name, event.tags, event.note)):
            raise Refused(f"of the run {run} {why[0].lower()}{why[1:].rstrip('.')}")


def _check_steps(apart: Store, run: str, side: str) -> None:
    """Before anything makes room for steps that are nowhere told."""
    done = missing = 0
    for event in apart.read(run, side)[0]:
        if isinstance(event, events.Resumed):
            done = min(done, event.from_step)
        elif isinstance(event, events.Steps):
            missing += max(0, event.first_step - done)
            done = event.first_step + len(event.losses)
        if missing > MOST_MISSING:
            raise Refused(f"the events of {run}/{side} leave out {missing:,} steps")


def _follow(apart: Store, run: str) -> None:
    """As the Train page does."""
    progress = RunProgress(apart, run)
    progress.poll()
    for name, side in progress.sides.items():
        if not all((np.diff(curve.positions) > 0).all() for curve in side.curves.metrics.values()):
            raise Refused(f"the epochs of {run}/{name} are not in order")


def _check_views(folder: Path, config: RunConfig) -> None:
    for step in view_files.steps(folder):
        try:
            view_files.load(folder, step, config)
        except ViewError as error:
            why = str(error).removeprefix("The").rstrip(".")
            raise Refused(f"of {folder.parent.name}/{folder.name} the{why}") from None
