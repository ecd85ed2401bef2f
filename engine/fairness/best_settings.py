"""Whether the best of several settings differs between the frameworks, from the same settings over the same seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.config import FRAMEWORKS
from engine.fairness.intervals import CONFIDENCE, HIGHER_IS_BETTER, Interval, interval, margin_of


@dataclass(frozen=True)
class Standing:
    """One side: by setting its mean over the seeds, the best mean, and all that may be best."""

    means: tuple[float, ...]
    best: int
    may_be_best: tuple[int, ...]
    cost: float  # how much worse it may be, at most, with a setting that may be best for the other side


@dataclass(frozen=True)
class Answer:
    """What the seeds say: `word` is "differs", "same", "alike" within the margin, or "unknown".

    Settings are told by their places. All `together` intervals, each with `confidence`, hold at once in 95 % of all
    sweeps.
    """

    word: str
    sides: Mapping[str, Standing]
    margin: float
    n: int
    together: int
    confidence: float


def answer(metric: str, torch: Sequence[Sequence[float]], tensorflow: Sequence[Sequence[float]]) -> Answer:
    """Both sides' values (settings, seeds), all finite, paired by seed; at least two of each. Raises ValueError.

    A setting may be a side's best unless another one is better beyond chance, by Student's t over paired seeds
    (multiple comparisons with the best; Hsu, Constrained simultaneous confidence intervals, 1984). The best differs
    where no setting may be best for both. It is the same where one setting alone may be best, for both; and as good
    as the same where each side loses no more than the margin with the other's best, or where both sides agree within
    half the margin at every setting. That takes k − 1 bounds on each side and k two-sided intervals between the sides,
    which hold at once if each is 1 − 0.05/(2k − 1) (Bonferroni).
    """
    values = np.array([torch, tensorflow], dtype=np.float64)
    settings, n = values.shape[1:]
    if settings < 2 or n < 2:
        raise ValueError("Two settings and two seeds are needed.")
    together = 2 * settings - 1
    confidence = 1 - (1 - CONFIDENCE) / together
    losses = -values if metric in HIGHER_IS_BETTER else values
    margin = margin_of(metric, values[0].ravel().tolist(), values[1].ravel().tolist())
    worse = [_compared(side, confidence) for side in losses]
    sets = [_may_be_best(side) for side in worse]
    costs = [_cost(side, other) for side, other in zip(worse, reversed(sets), strict=True)]
    between = [_interval(values[1, place] - values[0, place], confidence) for place in range(settings)]
    agree = all(-margin / 2 <= each.low and each.high <= margin / 2 for each in between)
    if not set(sets[0]) & set(sets[1]):
        word = "differs"
    elif sets[0] == sets[1] and len(sets[0]) == 1:
        word = "same"
    else:
        word = "alike" if agree or max(costs) <= margin else "unknown"
    sides: dict[str, Standing] = {
        side: Standing(tuple(mean.tolist()), int(loss.argmin()), may, cost)
        for side, mean, loss, may, cost in zip(
            FRAMEWORKS, values.mean(axis=2), losses.mean(axis=2), sets, costs, strict=True
        )
    }
    return Answer(word, sides, margin, n, together, confidence)


def _interval(values: np.ndarray, confidence: float) -> Interval:
    found = interval(values, confidence)
    assert found  # there are two seeds at least
    return found


def _compared(losses: np.ndarray, confidence: float) -> list[list[Interval]]:
    """By two places, how much worse the first is than the second."""
    return [[_interval(one - other, confidence) for other in losses] for one in losses]


def _may_be_best(worse: list[list[Interval]]) -> tuple[int, ...]:
    return tuple(place for place, others in enumerate(worse) if not any(map(_is_worse, others)))


def _is_worse(found: Interval) -> bool:
    return found.mean > 0 and not found.cannot_tell


def _cost(worse: list[list[Interval]], chosen: Sequence[int]) -> float:
    return max(0.0, *(each.high for place in chosen for each in worse[place]))
