"""DataLoader against tf.data, in figures, sentences and tables."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from engine.benchmark_results import PairResult
from engine.charts.colours import GREY
from engine.charts.speed_answers import factor, interval_words, ratio_words
from engine.charts.speed_axes import DASH, SYMBOLS, calm, colour
from engine.charts.words import NOTHING, count, rate, span
from engine.config import FRAMEWORKS, NAMES
from engine.pipelines.results import AUTOTUNE, Case, Found, Loader

LOADERS = {"torch": "DataLoader", "tensorflow": "tf.data"}
HEIGHT = 320  # pixels
PARTS = {
    "transform": "Transform, in the consumer",
    "batching": "Batching, in the consumer",
    "waiting": "Waits for a batch",
    "hand_over": "Is handed a batch",
    "busy": "Busy with it",
    "other": "Not attributed",
}
TINTS = ("#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#8C6D31")
CLOCKS = (
    "One epoch of each, the second, with clocks in the pipeline. What a batch was waited for is time in which it was "
    "still being made; handing over is from when it was ready, and asked for, until the consumer had it. tf.data's "
    "batching has no clock of its own: it is part of the wait."
)
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
            return f"{first} and {second} are equally fast within 3 %: {told} (n = {pair.n})."
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
    for loader in found.loaders:
        name, odd = label(loader.case), loader.result.noise
        if not loader.result.settled:
            told.append(f"{name} did not settle in its warm-up: it may still have been getting faster or slower.")
        if odd.drift:
            word = "slower" if odd.drift > 0 else "faster"
            told.append(f"{name} became {abs(odd.drift):.0%} {word} from the first round to the last.")
        if odd.spread:
            told.append(f"The timings of {name} vary by {odd.spread:.0%} (median deviation from the median).")
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
        words[side] = most.word
        speed = interval_words(most.ratio, most.low, most.high)
        cores = f", with {factor(many.cores)} cores kept busy instead of {factor(none.cores)}"
        told.append(f"{label(many.case)}: {speed} times as fast as {label(none.case).partition(', ')[2]}{cores}.")
    if found.request.transform == "python" and told:
        shown = words.get("torch") == "faster" and words.get("tensorflow") != "faster"
        told.append(GIL + ("" if shown else " The speeds that were measured here do not show that clearly."))
    return told


def parts_words(found: Found) -> str:
    """How the consumer's time was taken, and what the clocks cost."""
    costs = [loader.parts["wall"] * loader.rate - 1 for loader in found.loaders if loader.parts and loader.rate]
    cost = f" Such an epoch took {min(costs):+.0%} to {max(costs):+.0%} against one without clocks." if costs else ""
    return CLOCKS + cost


def parts(found: Found, theme: str = "light") -> go.Figure:
    """Microseconds of the consumer's time for each example: a row for each pipeline, a colour for each part."""
    figure = go.Figure()
    clocked = [loader for loader in reversed(found.loaders) if loader.parts]
    rows = [label(loader.case) for loader in clocked]
    split = [attributed(loader) for loader in clocked]
    for number, (name, title) in enumerate(PARTS.items()):
        values = [each[name] * 1e6 for each in split]
        if any(values):
            tint = GREY[theme] if name == "other" else TINTS[number % len(TINTS)]
            figure.add_bar(x=values, y=rows, orientation="h", name=title, marker_color=tint)
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title="Microseconds for each example")
    return calm(figure, 110 + 34 * len(rows))


def attributed(loader: Loader) -> dict[str, float]:
    """Seconds of the consumer for each example by PARTS; what has no clock is `other`."""
    told = loader.parts or {}
    here = loader.case.side == "torch" and not loader.case.workers  # the consumer makes the batches itself
    names = ("transform", "batching", "busy") if here else ("waiting", "hand_over", "busy")
    found = dict.fromkeys(PARTS, 0.0) | {name: told.get(name, 0.0) for name in names}
    return found | {"other": max(0.0, told.get("wall", 0.0) - sum(found.values()))}


def parts_table(found: Found) -> pd.DataFrame:
    """A row for each pipeline: what the work took, wherever it was done, then the consumer's time."""
    return pd.DataFrame([_parts_row(loader) for loader in found.loaders if loader.parts])


def _parts_row(loader: Loader) -> dict[str, str]:
    told = loader.parts or {}
    unknown = loader.case.side == "tensorflow"
    row = {
        "Pipeline": label(loader.case),
        "Transform": _micro(told["transform"]),
        "of it on a processor": f"{told['processor'] / told['transform']:.0%}" if told["processor"] else NOTHING,
        "Batching": NOTHING if unknown else _micro(told["batching"]),
    }
    consumer = attributed(loader)
    return row | {PARTS[name]: _micro(consumer[name]) for name in ("waiting", "hand_over", "busy", "other")}


def _micro(seconds: float) -> str:
    return f"{seconds * 1e6:,.2f} µs"


def table(found: Found) -> pd.DataFrame:
    """A row for each pipeline."""
    return pd.DataFrame([_row(found, loader) for loader in found.loaders])


def _row(found: Found, loader: Loader) -> dict[str, str]:
    pair = next((pair for pair in alone(found) if pair.first == loader.result.case), None)
    return {
        "Pipeline": label(loader.case),
        "Examples per second": rate(loader.rate),
        "Against none [95 %]": ratio_words(pair) if pair else NOTHING,
        "Cores kept busy": factor(loader.cores) if loader.cores else NOTHING,
        "First batch": span(loader.result.first_seconds),
    }


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


def as_json(found: Found) -> dict[str, Any]:
    """All of it as plain numbers; seconds are per example."""
    return {
        "transform": found.request.transform,
        "batch_size": found.request.batch_size,
        "prefetch": found.request.prefetch,
        "consumer_busy_ms": found.request.busy,
        "rounds": found.request.rounds,
        "versions": found.versions,
        "machine": found.machine,
        "others_share": found.others_share,
        "same_examples": found.same_examples,
        "same_order": found.same_order,
        "pipelines": [_loader_json(loader) for loader in found.loaders],
        "pairs": [_pair_json(found, pair) for pair in found.pairs],
        "doubts": doubts(found),
    }


def _loader_json(loader: Loader) -> dict[str, Any]:
    return {
        "framework": loader.case.side,
        "workers": "autotune" if loader.case.workers == AUTOTUNE else loader.case.workers,
        "examples_per_second": loader.rate,
        "blocks": [{"round": block.round, "seconds": block.seconds} for block in loader.result.blocks],
        "cores": loader.cores,
        "first_batch_seconds": loader.result.first_seconds,
        "settled": loader.result.settled,
        "checksum": dict(zip(("examples", "unordered", "ordered"), loader.checksum or (), strict=False)),
        "work": loader.parts,
        "consumer": attributed(loader) if loader.parts else None,
    }


def _pair_json(found: Found, pair: PairResult) -> dict[str, Any]:
    names = {"first": label(_case(found, pair.first)), "second": label(_case(found, pair.second))}
    numbers = {"ratio": pair.ratio, "low": pair.low, "high": pair.high, "n": pair.n}
    return names | numbers | {"word": pair.word, "why": pair.why}
