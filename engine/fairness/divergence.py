"""Where two sides in lock-step begin to differ: layer by layer and step by step."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

TOLERANCES = {"float32": 1e-5, "float64": 1e-11}  # relative, where a person chooses none


@dataclass(frozen=True)
class Cell:
    """One layer at one step: how far both sides lie apart there, and each framework's own noise."""

    step: int
    row: str
    difference: float
    noise: float


@dataclass(frozen=True)
class Divergence:
    """Relative differences (rows, steps) and the larger noise of both frameworks (rows, steps); NaN where a value is
    not finite. Rows are `layer/<name>` in the order of the pass, then `gradient/<name>` from the output back.
    """

    rows: tuple[str, ...]
    differences: np.ndarray
    noise: np.ndarray
    first_step: int
    left_out: tuple[str, ...] = ()  # rows that only one side has, or that are of another size there

    def first_beyond(self, tolerance: float) -> Cell | None:
        """The first step's first row that is beyond `tolerance`, or not finite on one side; None if there is none."""
        beyond = ~(self.differences <= tolerance)
        if not beyond.any():
            return None
        step = int(beyond.any(axis=0).argmax())
        return self._cell(int(beyond[:, step].argmax()), step)

    def largest(self) -> Cell:
        """The cell with the largest difference."""
        row, step = np.unravel_index(int(np.nanargmax(self.differences)), self.differences.shape)
        return self._cell(int(row), int(step))

    def _cell(self, row: int, step: int) -> Cell:
        apart, noise = float(self.differences[row, step]), float(self.noise[row, step])
        return Cell(self.first_step + step, self.rows[row], apart, noise)


def diverge(
    torch: Mapping[str, np.ndarray],
    tensorflow: Mapping[str, np.ndarray],
    torch_perturbed: Mapping[str, np.ndarray],
    tensorflow_perturbed: Mapping[str, np.ndarray],
    first_step: int = 0,
) -> Divergence:
    """What both sides recorded (steps, values) by row, each also begun with weights changed by one rounding.

    Raises ValueError where the sides have no row in common.
    """
    layers, gradients = (
        [name for name, value in torch.items() if name.startswith(kind) and _same(value, tensorflow.get(name))]
        for kind in ("layer/", "gradient/")
    )
    rows = [*layers, *reversed(gradients)]
    if not rows:
        raise ValueError("The two sides have no layer in common.")
    steps = min(len(values[row]) for row in rows for values in (torch, tensorflow, torch_perturbed))
    steps = min(steps, *(len(tensorflow_perturbed[row]) for row in rows))
    apart = np.stack([distance(torch[row][:steps], tensorflow[row][:steps]) for row in rows])
    own = [
        np.stack([distance(values[row][:steps], others[row][:steps]) for row in rows])
        for values, others in ((torch, torch_perturbed), (tensorflow, tensorflow_perturbed))
    ]
    named = [name for name in {**torch, **tensorflow} if name.startswith(("layer/", "gradient/"))]
    return Divergence(tuple(rows), apart, np.fmax(*own), first_step, tuple(sorted({*named} - {*rows})))


def _same(value: np.ndarray, other: np.ndarray | None) -> bool:
    return other is not None and value.shape[1] == other.shape[1]


def distance(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """max|Δ| / max|value|, the larger of both, of each step (steps,), over values (steps, values).

    A smaller batch's NaN are left out. Infinite where one side is not finite and the other is.
    """
    values, others = values.astype(np.float64), others.astype(np.float64)
    both_missing = np.isnan(values) & np.isnan(others)
    values, others = np.where(both_missing, 0, values), np.where(both_missing, 0, others)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(values - others).max(axis=1)
        scale = np.fmax(np.abs(values).max(axis=1), np.abs(others).max(axis=1))
        found = np.divide(apart, scale, out=np.zeros_like(apart), where=scale > 0)
    return np.where(np.isfinite(found), found, np.inf)
