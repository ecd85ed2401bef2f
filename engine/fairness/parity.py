"""How far the losses of the two sides of a run lie apart, step by step."""

from dataclasses import dataclass

import numpy as np

FLOOR = 0.001  # differences are held against at least this share of the first loss, so that a loss near 0 is fair


@dataclass(frozen=True)
class Parity:
    """Over the first `steps_compared` steps, those that both sides did with a finite loss."""

    steps_compared: int
    max_abs_loss_difference: float
    max_rel_loss_difference: float


def compare(torch: np.ndarray, tensorflow: np.ndarray) -> Parity | None:
    """Parity of two loss curves (steps,); None when they have no finite step in common.

    The relative difference is |Δ| / max(|loss|, FLOOR · |first loss|), with PyTorch's losses in the denominator: its
    arithmetic is the canonical one.
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
