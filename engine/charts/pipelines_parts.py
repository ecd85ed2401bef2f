"""Where the time of input pipelines goes, by the clocks in them, in a figure, a table and sentences."""

import pandas as pd
import plotly.graph_objects as go

from engine.charts.colours import GREY
from engine.charts.pipelines import label
from engine.charts.speed_axes import calm
from engine.pipelines.results import Found, Loader
from engine.quantities import NOTHING

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
    "still being made; handing over is from when it was ready, and asked for, until the consumer had it, and meanwhile "
    "workers go on with the next. tf.data's "
    "batching has no clock of its own: it is part of the wait."
)


def words(found: Found) -> str:
    """How the consumer's time was taken, and what the clocks cost."""
    costs = [loader.parts["wall"] * loader.rate - 1 for loader in found.loaders if loader.parts and loader.rate]
    cost = f" Such an epoch took {min(costs):+.0%} to {max(costs):+.0%} against one without clocks." if costs else ""
    return CLOCKS + cost


def figure(found: Found, theme: str = "light") -> go.Figure:
    """Microseconds of the consumer's time for each example: a row for each pipeline, a colour for each part."""
    drawn = go.Figure()
    clocked = [loader for loader in reversed(found.loaders) if loader.parts]
    rows = [label(loader.case) for loader in clocked]
    split = [attributed(loader) for loader in clocked]
    for number, (name, title) in enumerate(PARTS.items()):
        values = [each[name] * 1e6 for each in split]
        if any(values):
            tint = GREY[theme] if name == "other" else TINTS[number % len(TINTS)]
            drawn.add_bar(x=values, y=rows, orientation="h", name=title, marker_color=tint)
    drawn.update_layout(barmode="stack")
    drawn.update_xaxes(title="Microseconds for each example")
    return calm(drawn, 110 + 34 * len(rows))


def attributed(loader: Loader) -> dict[str, float]:
    """Seconds of the consumer for each example by PARTS; what has no clock is `other`."""
    told = loader.parts or {}
    here = loader.case.side == "torch" and not loader.case.workers  # the consumer makes the batches itself
    names = ("transform", "batching", "busy") if here else ("waiting", "hand_over", "busy")
    found = dict.fromkeys(PARTS, 0.0) | {name: told.get(name, 0.0) for name in names}
    return found | {"other": max(0.0, told.get("wall", 0.0) - sum(found.values()))}


def table(found: Found) -> pd.DataFrame:
    """A row for each pipeline: what the work took, wherever it was done, then the consumer's time."""
    return pd.DataFrame([_row(loader) for loader in found.loaders if loader.parts])


def _row(loader: Loader) -> dict[str, str]:
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
