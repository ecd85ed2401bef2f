"""What came out of a run, as one JSON object."""

import math
from dataclasses import asdict
from typing import Any

from engine.runs import SideStatus, Store
from engine.store.progress import RunProgress, SideProgress, is_race, parity_of


def result(store: Store, run: str) -> dict[str, Any]:
    """Each side's status, steps, final metrics and speed, and how far the losses lie apart. Raises StoreError.

    What is not finite, as the loss of a side that diverged, is None, since JSON has no number for it.
    """
    progress = RunProgress(store, run)
    progress.poll()
    compared = parity_of(progress)
    told = {
        "run": run,
        "sides": {name: _side(side, progress.statuses[name]) for name, side in progress.sides.items()},
        "parity": asdict(compared) if compared else None,
        "timing": "race" if is_race(progress) else "alone",
    }
    return finite(told)


def finite(value: Any) -> Any:
    """The same with None for each number in it that is not finite."""
    if isinstance(value, dict):
        return {name: finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _side(side: SideProgress, status: SideStatus) -> dict[str, Any]:
    final = {"train_loss": None, "validation_loss": None, **side.final()}
    return {
        "status": status.word,
        "detail": status.detail,
        "steps": status.step,
        "final": final,
        "steps_per_second": side.throughput.value,
        **({"skipped_steps": side.loss_scale.skipped} if side.loss_scale else {}),
    }
