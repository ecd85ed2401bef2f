"""What mixed precision does to a network against float32, in sentences."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from engine.bench.pairs import WITHIN, PairResult
from engine.charts import words
from engine.charts.speed_axes import DASH, calm, colour
from engine.charts.speed_verdict import interval_words
from engine.config import FRAMEWORKS, NAMES
from engine.pipelines.precision import EXACT
from engine.quantities import digits
from engine.runs import Store
from engine.store.progress import shared

LEAST = 1e-12  # of a loss, so that one of 0 divides nothing
BUCKETS = 200
HEIGHT = 260  # pixels


def speeds(pairs: Sequence[PairResult], name: str) -> list[str]:
    """Each side's step in the type `name` against float32, with ratio, interval and n, or why there is no verdict."""
    told = []
    for side, pair in zip(FRAMEWORKS, pairs, strict=True):
        if not pair.word or pair.ratio is None or pair.low is None or pair.high is None:
            told.append(f"{NAMES[side]}: no verdict, because {pair.why.rstrip('.')}.")
            continue
        words = {"faster": "is faster", "slower": "is slower", "same": f"is as fast within {WITHIN}"}
        found = words.get(pair.word, "cannot be told to be faster or slower")
        ratio = interval_words(pair.ratio, pair.low, pair.high)
        told.append(f"{NAMES[side]}: {name} {found}, {ratio} times as fast as float32 (n = {pair.n}).")
    return told


def apart(store: Store, runs: Mapping[str, str]) -> dict[str, np.ndarray]:
    """|mixed − float32| / |float32| of the loss of each step that both runs have, by side. Raises StoreError."""
    if len(runs) != 2:
        return {}
    exact, mixed = (shared(store, runs[name]) for name in sorted(runs, key=lambda name: name != EXACT))
    exact.poll()
    mixed.poll()
    found: dict[str, np.ndarray] = {}
    for side in FRAMEWORKS:
        one, other = (np.asarray(progress.sides[side].curves.losses.values) for progress in (exact, mixed))
        if steps := min(len(one), len(other)):
            found[side] = np.abs(other[:steps] - one[:steps]) / np.maximum(np.abs(one[:steps]), LEAST)
    return found


def losses(found: Mapping[str, np.ndarray], name: str) -> list[str]:
    """How far each side's losses in the type `name` are from those in float32."""
    return [
        f"{NAMES[side]}: the loss in {name} is {digits(100 * float(np.nanmedian(values)), 2)} % away from that in "
        f"float32 (median of {len(values):,} steps)."
        for side, values in found.items()
        if np.isfinite(values).any()
    ]


def left_out(store: Store, runs: Mapping[str, str]) -> list[str]:
    """How many steps of the run in mixed precision changed no weight, where there are such."""
    mixed = (shared(store, run) for name, run in runs.items() if name != EXACT)
    return [sentence for progress in mixed for sentence in words.left_out(progress.sides)]


def figure(found: Mapping[str, np.ndarray], theme: str = "light") -> go.Figure:
    """The distances over steps: the median of each of at most BUCKETS stretches."""
    drawn = go.Figure()
    for side, values in found.items():
        size = -(-len(values) // BUCKETS)
        parts = {at: values[at : at + size] for at in range(0, len(values), size)}
        drawn.add_scatter(
            x=list(parts), y=[100 * float(np.median(part)) for part in parts.values()], name=NAMES[side], mode="lines",
            line={"color": colour(side, theme), "dash": DASH[side]},
        )  # fmt: skip
    drawn.update_xaxes(title="Step")
    drawn.update_yaxes(title="Loss apart from float32, %", rangemode="tozero")
    return calm(drawn, HEIGHT)
