"""What came out of a run, as one JSON object."""

import math
from dataclasses import asdict
from typing import Any

from engine.charts.progress import RunProgress, SideProgress
from engine.charts.tables import is_race, parity_of
from engine.runs import SideStatus, Store


def result(store: Store, run: str) -> dict[str, Any]:
    """Each side's status, steps, final metrics and speed, and how far the losses lie apart. Raises StoreError."""
    progress = RunProgress(store, run)
    progress.poll()
    compared = parity_of(progress)
    return {
        "run": run,
        "sides": {name: _side(side, progress.statuses[name]) for name, side in progress.sides.items()},
        "parity": asdict(compared) if compared else None,
        "timing": "race" if is_race(progress) else "alone",
    }


def _side(side: SideProgress, status: SideStatus) -> dict[str, Any]:
    final = {"train_loss": None, "validation_loss": None, **side.final()}
    return {
        "status": status.word,
        "detail": status.detail,
        "steps": status.step,
        "final": {name: value if value is not None and math.isfinite(value) else None for name, value in final.items()},
        "steps_per_second": side.throughput.value,
        **({"skipped_steps": side.loss_scale.skipped} if side.loss_scale else {}),
    }
