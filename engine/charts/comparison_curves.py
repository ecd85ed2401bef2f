"""From runs to the curves of a comparison: each side's points on the chosen axes, smoothed, and bands over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.config import RunConfig
from engine.fairness.intervals import half_widths
from engine.store.progress import RunProgress, SideProgress

GRID = 1000  # points on which curves meet that have not the same positions


@dataclass(frozen=True)
class Line:
    """One side of one run: `x` and the raw `values` (n,), `steps` their positions; `word` is the side's status."""

    run: str
    side: str
    x: np.ndarray
    values: np.ndarray
    steps: np.ndarray
    word: str


@dataclass(frozen=True)
class Band:
    """The mean of `n` lines (n,) and half the width of its 95 % interval, which is None for one line.

    `meets` says whether the lines were interpolated, because they have not the same positions.
    """

    x: np.ndarray
    mean: np.ndarray
    half: np.ndarray | None
    n: int
    meets: bool


def line(progress: RunProgress, side: str, metric: str, x: str) -> Line | None:
    """A side's curve of a metric over an axis of engine.experiments.comparison; None where it has no point yet.

    The lock of `progress` is taken meanwhile. A value that was not finite is NaN.
    """
    with progress.lock:
        told = progress.sides.get(side)
        if told is None or not told.started:
            return None
        curve = told.curves.losses if metric == "train_loss" else told.curves.metrics.get(metric)
        if not curve:
            return None
        steps, values = curve.positions.copy(), curve.values.copy()
        word = progress.statuses[side].word if side in progress.statuses else "queued"
        ahead = 1 if metric == "train_loss" else 0  # a loss is that of the step that begins there
        return Line(progress.run, side, positions(told, progress.config, steps, x, ahead), values, steps, word)


def positions(side: SideProgress, config: RunConfig, steps: np.ndarray, x: str, ahead: int) -> np.ndarray:
    """Where `steps` (n,) stand on an axis; seconds and examples are those spent when the step is done."""
    assert side.started
    an_epoch, examples = side.started.steps_per_epoch, side.started.training_examples
    match x:
        case "epoch":
            return steps / an_epoch
        case "seconds":
            return side.curves.seconds_after(steps + ahead)
        case "examples":
            epochs, rest = np.divmod(steps + ahead, an_epoch)
            return epochs * examples + np.minimum(rest * config.batch_size, examples)
        case _:
            return steps


def smoothed(values: np.ndarray, smoothing: float) -> np.ndarray:
    """The debiased exponential moving average of `values` (n,): Σ aᵏ·v₍ᵢ₋ₖ₎ / Σ aᵏ over the finite ones, a = smoothing.

    So its first point is the first value, not pulled to zero. A value that is NaN stays NaN and counts for nothing.
    """
    if not smoothing or not len(values):
        return values
    from scipy.signal import lfilter  # takes a moment to import

    known = np.isfinite(values)
    decay = ([1.0 - smoothing], [1.0, -smoothing])
    total, weight = lfilter(*decay, np.where(known, values, 0.0)), lfilter(*decay, known.astype(np.float64))
    return np.where(known, total / np.where(weight > 0, weight, 1.0), np.nan)


def band(lines: Sequence[Line], smoothing: float) -> Band | None:
    """Mean and 95 % interval (Student's t over the lines) as far as all of them reach; None without a point.

    Each line is smoothed first. Lines with other positions are interpolated on a grid.
    """
    curves = [(each.x, smoothed(each.values, smoothing)) for each in lines if len(each.x)]
    if not curves:
        return None
    shortest = min(len(x) for x, _ in curves)
    first = curves[0][0][:shortest]
    meets = not all(np.array_equal(x[:shortest], first) for x, _ in curves)
    if meets:
        low, high = max(x[0] for x, _ in curves), min(x[-1] for x, _ in curves)
        if high < low:
            return None
        first = np.linspace(low, high, GRID)
        table = np.array([np.interp(first, x, values) for x, values in curves])
    else:
        table = np.array([values[:shortest] for _, values in curves])
    half = half_widths(table) if len(table) > 1 else None
    return Band(first, table.mean(axis=0), half, len(table), meets)
