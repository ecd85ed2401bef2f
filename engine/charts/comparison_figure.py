"""The figure of a comparison: curves of many runs and sides, told apart by colour, dash, shade and symbol."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from engine.charts.comparison import Compared, GroupBand, band_words
from engine.charts.comparison_curves import Line, smoothed
from engine.charts.series import bucket_size, extremes
from engine.charts.speed_axes import DASH, SYMBOLS, colour, logarithmic
from engine.charts.words import METRICS
from engine.config import NAMES

BUDGET, FEWEST, MOST = 20_000, 150, 1000  # buckets of all curves together, and of one
SYMBOLS_SHOWN = 9  # on one curve
TITLES = {"step": "Step", "epoch": "Epoch", "seconds": "Seconds of training", "examples": "Examples seen"}
UNIFIED = 6  # so many curves share one box under the pointer
HEIGHT, LEGEND_ROW = 420, 22  # pixels


def figure(found: Compared, theme: str = "light") -> go.Figure:
    """The curves, decimated for drawing alone; smoothed ones above the raw ones, means above bands and runs."""
    asked, drawn = found.asked, go.Figure()
    buckets = max(FEWEST, min(MOST, BUDGET // max(1, len(found.lines))))
    if asked.bands:
        for place, each in enumerate(found.bands):
            _add_band(drawn, each, _look(each.side, *_rank(found.bands, place), theme), found, buckets)
    else:
        runs = list(found.configs)
        for line in found.lines:
            _add_line(drawn, line, _look(line.side, runs.index(line.run), len(runs), theme), found, buckets)
    _axes(drawn, found)
    named = sum(bool(trace.name) for trace in drawn.data)
    return drawn.update_layout(
        height=HEIGHT + LEGEND_ROW * named,
        hovermode="x unified" if named <= UNIFIED else "closest",
        margin={"l": 10, "r": 20, "t": 34, "b": 10},
        legend={"orientation": "v", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0, "xanchor": "left",
                "traceorder": "normal"},
        showlegend=True,
        uirevision=str(asked.parameters()),
    )  # fmt: skip


def _rank(bands: Sequence[GroupBand], place: int) -> tuple[int, int]:
    """Which group of how many this band is of."""
    order = list(dict.fromkeys(id(each.group) for each in bands))
    return order.index(id(bands[place].group)), len(order)


def _look(side: str, place: int, many: int, theme: str) -> dict[str, object]:
    """Colour, dash and symbol of a side's curve: shades of the framework's colour from dark to light."""
    shade = colour(side, theme) if many == 1 else shaded(colour(side, theme), 0.7 * place / (many - 1) - 0.35)
    return {"color": shade, "dash": DASH[side], "symbol": SYMBOLS[place % len(SYMBOLS)] if many > 1 else None}


def shaded(base: str, amount: float) -> str:
    """A colour mixed with white for an amount above 0, with black below it: up to ±1."""
    target = 255 if amount > 0 else 0
    parts = (int(base[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(part + (target - part) * abs(amount)):02x}" for part in parts)


def chosen(values: np.ndarray, buckets: int, log: bool) -> np.ndarray:
    """Indices of the points to draw: the lowest and the highest of each bucket, and the last.

    On a logarithmic axis the buckets widen with the position, so that the first steps keep their points.
    """
    if not log or len(values) <= buckets:
        return extremes(values, bucket_size(len(values), buckets))
    edges = np.unique(np.geomspace(1, len(values), buckets + 1).astype(np.int64) - 1)
    low, high = np.where(np.isnan(values), np.inf, values), np.where(np.isnan(values), -np.inf, values)
    spans = list(pairwise(edges))
    picked = [start + array[start:end].argmin() for start, end in spans for array in (low, -high)]
    return np.unique([*picked, len(values) - 1])


def _scale(metric: str) -> float:
    return 100.0 if metric.endswith("accuracy") else 1.0


def _add_line(drawn: go.Figure, line: Line, look: dict[str, object], found: Compared, buckets: int) -> None:
    asked, name = found.asked, escape(f"{NAMES[line.side]}, {found.labels[line.run]}")
    if asked.smoothing:
        _add_curve(drawn, line.x, line.values, look | {"dash": "solid", "symbol": None}, found, buckets, faint=True)
    _add_curve(drawn, line.x, smoothed(line.values, asked.smoothing), look, found, buckets, name)


def _add_curve(
    drawn: go.Figure,
    x: np.ndarray,
    values: np.ndarray,
    look: dict[str, object],
    found: Compared,
    buckets: int,
    name: str = "",
    faint: bool = False,
) -> None:
    places = chosen(values, buckets, found.asked.log_x)
    symbol = look["symbol"] or ("circle" if len(places) == 1 else None)
    drawn.add_scatter(
        x=x[places], y=values[places] * _scale(found.asked.y), name=name, showlegend=bool(name),
        mode="lines+markers" if symbol else "lines", opacity=0.22 if faint else 1.0,
        line={"color": look["color"], "dash": look["dash"], "width": 1 if faint else 2},
        marker={"symbol": symbol or "circle", "size": 7, "maxdisplayed": SYMBOLS_SHOWN, "color": look["color"]},
        hoverinfo="skip" if faint else None,
        hovertemplate=None if faint else f"%{{y:.5g}}<extra>{name}</extra>",
    )  # fmt: skip


def _add_band(drawn: go.Figure, each: GroupBand, look: dict[str, object], found: Compared, buckets: int) -> None:
    made, asked = each.band, found.asked
    for line in each.lines:
        values = smoothed(line.values, asked.smoothing)
        _add_curve(drawn, line.x, values, look | {"symbol": None}, found, buckets, faint=True)
    if made.half is not None:
        places = chosen(made.mean, buckets, asked.log_x)
        mean, half = (array[places] * _scale(asked.y) for array in (made.mean, made.half))
        low = mean - half
        if asked.log_y:  # what reaches zero or below is cut where the smallest mean's tenth is
            low = np.maximum(low, 0.1 * np.nanmin(mean, initial=np.inf, where=mean > 0))
        around = made.x[places]
        drawn.add_scatter(
            x=np.concatenate([around, around[::-1]]), y=np.concatenate([mean + half, low[::-1]]),
            fill="toself", fillcolor=_clear(str(look["color"])), line_width=0, mode="lines", hoverinfo="skip",
            showlegend=False,
        )  # fmt: skip
    _add_curve(drawn, made.x, made.mean, look, found, buckets, escape(band_words(each, asked.y)))


def _clear(shade: str) -> str:
    red, green, blue = (int(shade[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.2)"


def _axes(drawn: go.Figure, found: Compared) -> None:
    asked = found.asked
    name = METRICS[asked.y].split(",")[0]
    drawn.update_xaxes(title=TITLES[asked.x])
    drawn.update_yaxes(title=f"{name}, %" if asked.y.endswith("accuracy") else name)
    for log, axis, letter in ((asked.log_x, drawn.layout.xaxis, "x"), (asked.log_y, drawn.layout.yaxis, "y")):
        arrays = [np.asarray(trace[letter], dtype=np.float64) for trace in drawn.data]
        positive = np.concatenate([array[array > 0] for array in arrays]) if arrays else np.empty(0)
        if log and len(positive):
            logarithmic(axis, float(positive.min()), float(positive.max()))


def axis_words(found: Compared) -> str:
    """How the figure is to be read: smoothing, bands, and what a logarithmic axis leaves out."""
    asked, told = found.asked, []
    if asked.smoothing:
        under = "each run" if asked.bands else "the raw curve"
        told.append(
            f"Smoothed: a debiased exponential moving average over points, decay {asked.smoothing:g}"
            + (", of each run before the mean." if asked.bands else f"; faint beneath it {under}.")
        )
    if asked.bands:
        told.append("Bands: the 95 % interval of the mean over n runs (Student's t); in the legend, at the last point.")
    if asked.log_y and any((line.values <= 0).any() for line in found.lines):
        told.append("Values of zero or below cannot stand on a logarithmic axis and are left out.")
    if asked.log_x and any(len(line.x) and line.x[0] <= 0 for line in found.lines):
        told.append(f"{TITLES[asked.x]} 0 cannot stand on a logarithmic axis and is left out.")
    return " ".join(told)
