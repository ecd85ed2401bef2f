"""What bfloat16 does to a network against float32, in sentences."""

from collections.abc import Mapping, Sequence

import numpy as np

from engine.benchmark_results import PairResult
from engine.charts.progress import shared
from engine.charts.speed_answers import interval_words
from engine.charts.words import digits
from engine.config import FRAMEWORKS, NAMES
from engine.pipelines.precision import PRECISIONS
from engine.runs import Store


def speeds(pairs: Sequence[PairResult]) -> list[str]:
    """Each side's training step in bfloat16 against float32, with ratio, interval and n, or why there is no verdict."""
    told = []
    for side, pair in zip(FRAMEWORKS, pairs, strict=True):
        if not pair.word or pair.ratio is None or pair.low is None or pair.high is None:
            told.append(f"{NAMES[side]}: no verdict, because {pair.why.rstrip('.')}.")
            continue
        words = {"faster": "is faster", "slower": "is slower", "same": "is as fast within 3 %"}
        found = words.get(pair.word, "cannot be told to be faster or slower")
        ratio = interval_words(pair.ratio, pair.low, pair.high)
        told.append(f"{NAMES[side]}: bfloat16 {found}, {ratio} times as fast as float32 (n = {pair.n}).")
    return told


def losses(store: Store, runs: Mapping[str, str]) -> list[str]:
    """How far each side's losses in bfloat16 lie from those in float32, where there are some. Raises StoreError."""
    if set(runs) != set(PRECISIONS):
        return []
    exact, mixed = (shared(store, runs[name]) for name in PRECISIONS)
    told = []
    for side in FRAMEWORKS:
        one, other = (np.asarray(progress.sides[side].curves.losses.values) for progress in (exact, mixed))
        steps = min(len(one), len(other))
        if not steps:
            continue
        apart = float(np.nanmedian(np.abs(other[:steps] - one[:steps]) / np.maximum(np.abs(one[:steps]), 1e-12)))
        told.append(
            f"{NAMES[side]}: over {steps:,} steps the loss in bfloat16 is {digits(100 * apart, 2)} % away from "
            "that in float32 (median over the steps)."
        )
    return told
