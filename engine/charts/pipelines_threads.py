"""Threads inside of and between operations, in figures, sentences and tables."""

import pandas as pd
import plotly.graph_objects as go

from engine.bench.pairs import WITHIN, PairResult
from engine.charts.speed_axes import DASH, SYMBOLS, calm, colour
from engine.charts.speed_verdict import interval_words, ratio_words
from engine.config import FRAMEWORKS, NAMES
from engine.pipelines.threads import Found, Threaded
from engine.quantities import NOTHING, count, rate

DISTURBED = 0.1  # of the processor; below it others are not worth a word
HEIGHT = 280  # pixels
KINDS = {"inside": "Inside of an operation", "between": "Between operations"}
METHOD = (
    "Each setting has a fresh process, as neither framework lets it be changed once it has computed. All take turns, "
    "there and back in every round; while one measures, the others sleep. PyTorch runs eagerly, the network step of "
    "TensorFlow is one tf.function."
)


def figure(found: Found, work: str, theme: str = "light") -> go.Figure:
    """How many times as fast as with one thread, over threads inside (filled) and between (hollow); 1 is no faster."""
    drawn = go.Figure()
    for side in FRAMEWORKS:
        for kind in KINDS:
            pairs = [pair for pair in found.pairs if _of(found, pair, side, work, kind)]
            xs = [1, *(getattr(_case(found, pair).case, kind) for pair in pairs)]
            ratios = [1.0, *(pair.ratio or 1.0 for pair in pairs)]
            above = [0.0, *((pair.high or 1.0) - (pair.ratio or 1.0) for pair in pairs)]
            below = [0.0, *((pair.ratio or 1.0) - (pair.low or 1.0) for pair in pairs)]
            tint, symbol = colour(side, theme), SYMBOLS[FRAMEWORKS.index(side)]
            drawn.add_scatter(
                x=xs, y=ratios, name=f"{NAMES[side]}, {KINDS[kind].lower()}", mode="lines+markers",
                line={"color": tint, "dash": DASH[side], "width": 2 if kind == "inside" else 1},
                marker={"symbol": symbol if kind == "inside" else f"{symbol}-open", "size": 10},
                error_y={"type": "data", "symmetric": False, "array": above, "arrayminus": below, "color": tint},
            )  # fmt: skip
    drawn.update_xaxes(title="Threads", dtick=1)
    drawn.update_yaxes(title="Times as fast as with one", rangemode="tozero")
    return calm(drawn, HEIGHT)


def _case(found: Found, pair: PairResult) -> Threaded:
    return found.cases[pair.first]


def _of(found: Found, pair: PairResult, side: str, work: str, kind: str) -> bool:
    case = _case(found, pair).case
    return case.side == side and case.work == work and getattr(case, kind) > 1


def answers(found: Found, work: str) -> list[str]:
    """What all threads of each kind do on each side, in a sentence each."""
    told = []
    for side in FRAMEWORKS:
        for kind, title in KINDS.items():
            pairs = [pair for pair in found.pairs if _of(found, pair, side, work, kind)]
            if pairs:
                most = max(pairs, key=lambda pair: getattr(_case(found, pair).case, kind))
                many = count(getattr(_case(found, most).case, kind), "thread")
                told.append(f"{NAMES[side]}, {many} {title.lower()}: {_sentence(most)}")
    return told


def _sentence(pair: PairResult) -> str:
    if not pair.word or pair.ratio is None or pair.low is None or pair.high is None:
        return f"no verdict, because {pair.why.rstrip('.')}."
    times = f"{interval_words(pair.ratio, pair.low, pair.high)} times as fast as with one (n = {pair.n})"
    words = {"faster": "faster, ", "slower": "slower, ", "same": f"the same within {WITHIN}, "}
    return f"{words.get(pair.word, 'it cannot be told whether that is faster, ')}{times}."


def table(found: Found, work: str) -> pd.DataFrame:
    """A row for each setting of each side."""
    pairs = {pair.first: pair for pair in found.pairs}
    return pd.DataFrame([
        {
            "Framework": NAMES[one.case.side],
            "Inside": one.case.inside,
            "Between": one.case.between,
            "It says": " and ".join(map(str, one.said)) if one.said else NOTHING,
            "A second": rate(1 / one.result.median if one.result.median else None),
            "Against one thread [95 %]": ratio_words(pairs[place]) if place in pairs else NOTHING,
        }
        for place, one in enumerate(found.cases)
        if one.case.work == work
    ])  # fmt: skip


def doubts(found: Found) -> list[str]:
    """What makes the result less sure; none where nothing is odd."""
    told = []
    if found.others_share > DISTURBED:
        told.append(f"Other programs took up to {found.others_share:.0%} of the processor, so every interval is wider.")
    restless = sum(not one.result.settled for one in found.cases)
    if restless:
        told.append(f"{restless} of {len(found.cases)} cases did not settle in their warm-up.")
    return told
