"""What several seeds can tell: the mean of paired differences, its Student-t interval, and the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
ACCURACY_MARGIN = 0.005  # half a point
SHARE_MARGIN = 0.02  # of the mean size of any other metric
HIGHER_IS_BETTER = ("validation_accuracy", "validation_r2")


@dataclass(frozen=True)
class Interval:
    """A mean of `n` values and the interval of the mean, from `low` to `high`: 95 % where nothing else is said."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def cannot_tell(self) -> bool:
        """Whether the sign of the mean is open: 0 lies inside, or all values are one number, whose spread is unknown.

        Accuracies are counts: on 30 examples two seeds are often the same number of them apart, by chance alone.
        """
        return self.low <= 0 <= self.high or self.high - self.low <= 1e-9 * abs(self.mean)


def interval(values: Sequence[float] | np.ndarray, confidence: float = CONFIDENCE) -> Interval | None:
    """The mean of independent values (n,) and its Student-t interval; None for fewer than two.

    mean ± t · s/√n, with t the (1 + confidence)/2 quantile of Student's t with n − 1 degrees of freedom and s the
    standard deviation with n − 1 (Student, The probable error of a mean, 1908). Raises ValueError for a value not
    finite.
    """
    sample = np.asarray(values, dtype=np.float64)
    if not np.isfinite(sample).all():
        raise ValueError("An interval needs finite values.")
    if len(sample) < 2:
        return None
    mean, half = float(sample.mean()), float(half_widths(sample[:, np.newaxis], confidence)[0])
    return Interval(mean, mean - half, mean + half, len(sample))


def half_widths(values: np.ndarray, confidence: float = CONFIDENCE) -> np.ndarray:
    """Half the width of the interval of each column's mean; `values` is (n, columns), n at least 2."""
    from scipy.stats import t  # takes a moment to import, and most commands never need it

    n = len(values)
    return t.ppf((1 + confidence) / 2, n - 1) * values.std(axis=0, ddof=1) / np.sqrt(n)


def margin_of(metric: str, torch: Sequence[float], tensorflow: Sequence[float]) -> float:
    """Differences up to this size count as none: half a point of accuracy, 2 % of the mean size of other metrics."""
    if metric.endswith("accuracy"):
        return ACCURACY_MARGIN
    return SHARE_MARGIN * float(np.mean(np.abs([*torch, *tensorflow]))) if len(torch) else 0.0


@dataclass(frozen=True)
class Comparison:
    """One final metric over paired seeds: `found` is of TensorFlow's minus PyTorch's values, None below two seeds.

    `margin` is in the metric's own unit; `n` counts the pairs.
    """

    metric: str
    found: Interval | None
    margin: float
    n: int

    @property
    def winner(self) -> str:
        """ "same", "unknown", or the framework that is better."""
        if self.found is None:
            return "unknown"
        if -self.margin <= self.found.low and self.found.high <= self.margin:
            return "same"
        if self.found.cannot_tell:
            return "unknown"
        return "tensorflow" if (self.found.mean > 0) == (self.metric in HIGHER_IS_BETTER) else "torch"


def compare(metric: str, torch: Sequence[float], tensorflow: Sequence[float]) -> Comparison:
    """Compare a metric's final values, paired by seed: (n,) and (n,), all finite."""
    differences = np.subtract(tensorflow, torch)
    return Comparison(metric, interval(differences), margin_of(metric, torch, tensorflow), len(differences))


@dataclass(frozen=True)
class Effect:
    """What matching one default did to how far the frameworks lie apart, against nothing matched, paired by seed.

    `before` and `after` are mean distances; `found` is of after − before: below zero, the frameworks came closer. It is
    one of `together` intervals, each with `confidence`, which all hold at once in 95 % of all experiments.
    """

    flip: str
    before: float
    after: float
    found: Interval | None
    margin: float
    n: int
    together: int
    confidence: float

    @property
    def word(self) -> str:
        """ "closer", "further", "none" where the interval lies inside the margin, else "unknown"."""
        if self.found is None:
            return "unknown"
        if -self.margin <= self.found.low and self.found.high <= self.margin:
            return "none"
        if self.found.cannot_tell:
            return "unknown"
        return "closer" if self.found.mean < 0 else "further"


def effect(flip: str, before: Sequence[float], after: Sequence[float], margin: float, together: int = 1) -> Effect:
    """The effect of one flip from distances |torch − tensorflow| without and with it, (n,) each, paired by seed.

    Of the `together` effects that an experiment tells, one in twenty would be found by chance alone. So each interval
    is the wider one of 1 − 0.05/together (Bonferroni; Dunn, Multiple comparisons among means, 1961).
    """
    confidence = 1 - (1 - CONFIDENCE) / together
    found = interval(np.subtract(after, before), confidence)
    return Effect(flip, _mean(before), _mean(after), found, margin, len(before), together, confidence)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
