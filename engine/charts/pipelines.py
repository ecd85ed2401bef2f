"""DataLoader against tf.data, in figures, sentences and tables."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from engine.bench.pairs import WITHIN, PairResult
from engine.charts.speed_axes import DASH, SYMBOLS, calm, colour
from engine.charts.speed_verdict import factor, interval_words, ratio_words
from engine.config import FRAMEWORKS, NAMES
from engine.pipelines.results import AUTOTUNE, Case, Found, Loader
from engine.quantities import NOTHING, count, rate, span

LOADERS = {"torch": "DataLoader", "tensorflow": "tf.data"}
HEIGHT = 320  # pixels
GIL = (
    "The workers of a DataLoader are processes, each with an interpreter of its own. The calls of tf.numpy_function "
    "are threads of one interpreter, whose lock (the GIL) lets one of them run Python at a time."
)
DISTURBED = 0.1  # of the processor; below it others are not worth a word
METHOD = (
    "Both sides take turns in processes of their own, there and back in every round; while one measures, the other "
    "sleeps. A block is whole epochs, from the first request to the last batch, in the same order of rows, without "
    "shuffling. One thread inside of an operation."
)


def label(case: Case) -> str:
    """`DataLoader, 2 workers`, `tf.data, 2 calls at once`."""
    name = LOADERS[case.side]
    if case.workers == AUTOTUNE:
        return f"{name}, AUTOTUNE"
    if not case.workers:
        return f"{name}, {'no workers' if case.side == 'torch' else 'one by one'}"
    return f"{name}, {count(case.workers, 'worker')}" if case.side == "torch" else f"{name}, {_calls(case.workers)}"


def _calls(number: int) -> str:
    return f"{count(number, 'call')} at once"


def verdict(found: Found, pair: PairResult) -> str:
    """One pair in a sentence: who is faster, with ratio, interval and n; or that it cannot be told."""
    first, second = (label(found.loaders[place].case) for place in (pair.first, pair.second))
    if not pair.word or pair.ratio is None or pair.low is None or pair.high is None:
        return f"No verdict on {first} and {second}, because {pair.why.rstrip('.')}."
    told = f"{interval_words(pair.ratio, pair.low, pair.high)} times"
    match pair.word:
        case "faster":
            return f"{first} is {told} as fast as {second} (n = {pair.n})."
        case "slower":
            turned = interval_words(1 / pair.ratio, 1 / pair.high, 1 / pair.low)
            return f"{second} is {turned} times as fast as {first} (n = {pair.n})."
        case "same":
            return f"{first} and {second} are equally fast within {WITHIN}: {told} (n = {pair.n})."
        case _:
            return f"Cannot tell whether {first} or {second} is faster: {told} as fast (n = {pair.n})."


def across(found: Found) -> list[PairResult]:
    """The pairs of both sides at equal workers."""
    return [pair for pair in found.pairs if _case(found, pair.first).side != _case(found, pair.second).side]


def alone(found: Found) -> list[PairResult]:
    """The pairs of each side with workers against itself without."""
    return [pair for pair in found.pairs if _case(found, pair.first).side == _case(found, pair.second).side]


def _case(found: Found, place: int) -> Case:
    return found.loaders[place].case


def same_words(found: Found) -> str:
    """Whether all pipelines delivered the same examples, by the checksums of their first epochs."""
    examples = {loader.checksum[0] for loader in found.loaders if loader.checksum}
    if not found.same_examples:
        return "The pipelines did not deliver the same examples, so their speeds are not to be compared."
    order = "in the same order" if found.same_order else "though not in the same order"
    return (
        f"All {len(found.loaders)} pipelines delivered the same {max(examples):,} examples {order}: "
        "to the last bit, by a checksum of the first epoch of each."
    )


def doubts(found: Found) -> list[str]:
    """What makes the result less sure; none where nothing is odd."""
    told = []
    if found.others_share > DISTURBED:
        told.append(f"Other programs took up to {found.others_share:.0%} of the processor, so every interval is wider.")
    odd = {label(loader.case): loader.result.noise for loader in found.loaders}
    restless = [label(loader.case) for loader in found.loaders if not loader.result.settled]
    drifting = [f"{name} {noise.drift:+.0%}" for name, noise in odd.items() if noise.drift]
    spread = [f"{name} {noise.spread:.0%}" for name, noise in odd.items() if noise.spread]
    if restless:
        told.append(f"Not settled in the warm-up, so perhaps still getting faster or slower: {'; '.join(restless)}.")
    if drifting:
        told.append(f"Seconds of an example, from the first round to the last: {'; '.join(drifting)}.")
    if spread:
        told.append(f"Timings that vary, by their median deviation from the median: {'; '.join(spread)}.")
    return told


def why(found: Found) -> list[str]:
    """What most workers did on each side, and, of the transform in Python, why."""
    told, words = [], {}
    for side in FRAMEWORKS:
        mine = [pair for pair in alone(found) if _case(found, pair.first).side == side]
        most = max(mine, key=lambda pair: _case(found, pair.first).workers, default=None)
        if most is None or most.ratio is None or most.low is None or most.high is None:
            continue
        many, none = (found.loaders[place] for place in (most.first, most.second))
        cores = f", with {_cores(many)} cores kept busy instead of {_cores(none)}"
        words[side] = most.word
        speed = interval_words(most.ratio, most.low, most.high)
        told.append(f"{label(many.case)}: {speed} times as fast as {label(none.case).partition(', ')[2]}{cores}.")
    if found.request.transform == "python" and told:
        shown = words.get("torch") == "faster" and words.get("tensorflow") != "faster"
        told.append(GIL + ("" if shown else " The speeds that were measured here do not show that clearly."))
    return told


def table(found: Found) -> pd.DataFrame:
    """A row for each pipeline."""
    return pd.DataFrame([_row(found, loader) for loader in found.loaders])


def _row(found: Found, loader: Loader) -> dict[str, str]:
    pair = next((pair for pair in alone(found) if pair.first == loader.result.case), None)
    return {
        "Pipeline": label(loader.case),
        "Examples per second": rate(loader.rate),
        "Against none [95 %]": ratio_words(pair) if pair else NOTHING,
        "Cores kept busy": _cores(loader),
        "First batch": span(loader.result.first_seconds),
    }


def _cores(loader: Loader) -> str:
    return factor(loader.cores) if loader.cores else NOTHING


def rates(found: Found, theme: str = "light") -> go.Figure:
    """Examples per second over workers, both sides; AUTOTUNE, which has no number, as a level line."""
    figure = go.Figure()
    for side in FRAMEWORKS:
        mine = [loader for loader in found.loaders if loader.case.side == side and loader.rate]
        counted = [loader for loader in mine if loader.case.workers != AUTOTUNE]
        tint = colour(side, theme)
        figure.add_scatter(
            x=[loader.case.workers for loader in counted], y=[loader.rate for loader in counted],
            name=f"{NAMES[side]} {LOADERS[side]}", mode="lines+markers",
            line={"color": tint, "dash": DASH[side]}, marker={"symbol": SYMBOLS[FRAMEWORKS.index(side)], "size": 10},
            error_y={"type": "data", "array": [_spread(loader) for loader in counted], "color": tint},
        )  # fmt: skip
        for loader in mine:
            if loader.case.workers == AUTOTUNE:
                figure.add_hline(
                    loader.rate, line={"color": tint, "dash": "dot", "width": 1.5},
                    annotation_text="AUTOTUNE", annotation_font_color=tint,
                )  # fmt: skip
    figure.update_xaxes(title="Workers, or calls at once", dtick=1)
    figure.update_yaxes(title="Examples per second", rangemode="tozero")
    return calm(figure, HEIGHT)


def _spread(loader: Loader) -> float:
    """The median absolute deviation, in examples per second."""
    return (
        loader.rate * (loader.result.mad or 0.0) / loader.result.median if loader.rate and loader.result.median else 0
    )


def live(cases: Sequence[Case], lines: Sequence[dict[str, Any]], theme: str = "light") -> go.Figure:
    """Examples per second of each block so far, over seconds since the first of them: a line for each pipeline."""
    figure = go.Figure()
    blocks = [line for line in lines if line["kind"] == "block"]
    begun = min((line["time"] - line["seconds"] for line in blocks), default=0.0)
    for number, case in enumerate(cases):
        mine = [line for line in blocks if line["case"] == number]
        if mine:
            figure.add_scatter(
                x=[line["time"] - begun for line in mine], y=[line["count"] / line["seconds"] for line in mine],
                name=label(case), mode="lines+markers",
                line={"color": colour(case.side, theme), "dash": DASH[case.side]},
                marker={"symbol": SYMBOLS[case.workers % len(SYMBOLS)], "size": 8},
            )  # fmt: skip
    figure.update_xaxes(title="Seconds", rangemode="tozero")
    figure.update_yaxes(title="Examples per second", rangemode="tozero")
    return calm(figure, HEIGHT)
