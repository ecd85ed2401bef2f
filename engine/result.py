"""What came out of a run, as one JSON object."""

from dataclasses import asdict
from typing import Any

from engine import events
from engine.charts.tables import throughput
from engine.fairness.parity import parity
from engine.logs import effective
from engine.runs import SideStatus, Store


def result(store: Store, run: str) -> dict[str, Any]:
    """Each side's status, steps, final metrics and speed, and how far the losses lie apart. Raises RunNotFound."""
    statuses = store.status(run)
    compared = parity(store, run)
    return {
        "run": run,
        "sides": {side: _side(store, run, side, status) for side, status in statuses.items()},
        "parity": asdict(compared) if compared else None,
        "timing": "race" if store.config(run).concurrency == "race" and len(statuses) > 1 else "alone",
    }


def _side(store: Store, run: str, side: str, status: SideStatus) -> dict[str, Any]:
    told = effective(store.read(run, side)[0])
    steps = [event for event in told if isinstance(event, events.Steps)]
    epochs = [event for event in told if isinstance(event, events.Epoch)]
    metrics = dict(epochs[-1].metrics) if epochs else {}
    return {
        "status": status.word,
        "detail": status.detail,
        "steps": status.step,
        "final": {"train_loss": steps[-1].losses[-1] if steps else None, "validation_loss": None, **metrics},
        "steps_per_second": throughput(told),
    }
