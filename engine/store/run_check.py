"""Whether a run that somebody exported is one that this version reads and shows, before it comes into the store."""

from engine import events
from engine.config import FRAMEWORKS
from engine.runs import Store
from engine.store import labels


def check(apart: Store, run: str) -> None:
    """Look at all of the run, which lies in a store of its own, and see that nothing of it would begin to train here.

    Raises ValueError and StoreError.
    """
    config = apart.config(run)
    for side in config.frameworks:
        (apart.root / run / side).mkdir(exist_ok=True)
        apart.read(run, side)
    if unasked := {side for side in FRAMEWORKS if (apart.root / run / side).exists()} - {*config.frameworks}:
        raise ValueError(f"it has a side {min(unasked)} that its config does not ask for")
    if not all(status.ended for status in apart.status(run).values()):
        raise ValueError("it had not ended when it was exported")
    _check_labels(apart, run)


def _check_labels(apart: Store, run: str) -> None:
    for event in apart.read(run)[0]:
        if isinstance(event, events.Labelled) and (why := labels.refusal(event.name, event.tags, event.note)):
            raise ValueError(f"it is called what no run here may be. {why}")
