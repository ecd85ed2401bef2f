"""How far the losses of the two sides of a run lie apart, step by step."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine import events
from engine.events import Event
from engine.logs import effective
from engine.runs import Store

FLOOR = 0.001  # differences are held against at least this share of the first loss, so that a loss near 0 is fair


@dataclass(frozen=True)
class Parity:
    """Over the first `steps_compared` steps, those that both sides did with a finite loss."""

    steps_compared: int
    max_abs_loss_difference: float
    max_rel_loss_difference: float


def parity(store: Store, run: str) -> Parity | None:
    """The parity of a run's two sides; None when it has one side, or no step that both did."""
    sides = store.config(run).frameworks
    if len(sides) < 2:
        return None
    return compare(*(losses(store.read(run, side)[0]) for side in ("torch", "tensorflow")))


def compare(torch: np.ndarray, tensorflow: np.ndarray) -> Parity | None:
    """Parity of two loss curves (steps,). The relative difference is |Δ| / max(|loss|, FLOOR · |first loss|),

    with PyTorch's loss, whose arithmetic is the canonical one, in the denominator.
    """
    count = min(len(torch), len(tensorflow))
    finite = np.isfinite(torch[:count]) & np.isfinite(tensorflow[:count])
    count = count if finite.all() else int(finite.argmin())
    if not count:
        return None
    difference = np.abs(torch[:count] - tensorflow[:count])
    scale = np.maximum(np.abs(torch[:count]), FLOOR * abs(torch[0]))
    relative = np.divide(difference, scale, out=np.zeros(count), where=difference > 0)
    return Parity(count, float(difference.max()), float(relative.max()))


def losses(side_events: Iterable[Event]) -> np.ndarray:
    """Every step's loss (steps,) of one side, float64, NaN where it was not finite."""
    told = [event.losses for event in effective(side_events) if isinstance(event, events.Steps)]
    return np.array([loss for part in told for loss in part], dtype=np.float64)
