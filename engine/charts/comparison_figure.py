"""The figure of a comparison: curves of many runs and sides, told apart by colour, dash, shade and symbol."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go

from engine.charts.comparison import Compared
from engine.charts.comparison_bands import GroupBand, band_words
from engine.charts.comparison_curves import Line, smoothed
from engine.charts.speed_axes import DASH, SYMBOLS, colour, logarithmic
from engine.charts.words import METRICS
from engine.config import NAMES
from engine.store.series import bucket_size

BUDGET, FEWEST, MOST = 20_000, 150, 1000  # buckets of all curves together, and of one
SYMBOLS_SHOWN = 9  # on one curve
TITLES = {"step": "Step", "epoch": "Epoch", "seconds": "Seconds of training", "examples": "Examples seen"}
UNIFIED = 6  # so many curves share one box under the pointer
HEIGHT, LEGEND_ROW = 420, 20  # pixels
LETTERS, LETTER, USUAL_WIDTH = 44, 7, 1100  # of a legend's line, the pixels of one, and of a figure on a desk


def figure(found: Compared, theme: str = "light") -> go.Figure:
    """The curves, decimated for drawing alone; smoothed ones above the raw ones, means above bands and runs."""
    asked, drawn = found.asked, go.Figure()
    buckets = _buckets(found)
    if asked.bands:
        for place, each in enumerate(found.bands):
            _add_band(drawn, each, _look(each.side, *_rank(found.bands, place), theme), found, buckets)
    else:
        runs = list(found.configs)
        for line in found.lines:
            _add_line(drawn, line, _look(line.side, runs.index(line.run), len(runs), theme), found, buckets)
    _axes(drawn, found)
    names = [trace.name for trace in drawn.data if trace.name]
    return drawn.update_layout(
        height=HEIGHT + LEGEND_ROW * _legend_rows(names),
        hovermode="x unified" if len(names) <= UNIFIED else "closest",
        margin={"l": 10, "r": 20, "t": 34, "b": 10},
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "xref": "container", "x": 0.01,
                "traceorder": "normal"},
        showlegend=True,
        uirevision=str(asked.parameters()),
    )  # fmt: skip


def _buckets(found: Compared) -> int:
    return max(FEWEST, min(MOST, BUDGET // max(1, len(found.lines))))


def _legend_rows(names: Sequence[str]) -> int:
    """How many lines of text the legend has on a desk; on a phone it scrolls."""
    lines = [name.split("<br>") for name in names]
    longest = max((len(part) for parts in lines for part in parts), default=1)
    across = max(1, USUAL_WIDTH // (LETTER * longest + 60))
    return -(-len(names) // across) * max(map(len, lines), default=1)


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


def edges(count: int, buckets: int, log: bool) -> np.ndarray:
    """Where the buckets of `count` points begin, and the end of the last.

    On a logarithmic axis they widen with the position, so that the first steps keep their points.
    """
    if log and count > buckets:
        return np.unique(np.geomspace(1, count + 1, buckets + 1).astype(np.int64) - 1)
    return np.append(np.arange(0, count, bucket_size(count, buckets)), count)


def chosen(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Indices of the lowest and the highest value of each bucket, and of the last point."""
    if not len(values) or len(starts) > len(values):
        return np.arange(len(values))
    low, high = (np.where(np.isnan(values), np.inf, sign * values) for sign in (1, -1))
    picked = [start + array[start:end].argmin() for start, end in pairwise(starts) for array in (low, high)]
    return np.unique([*picked, len(values) - 1])


def averaged(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The mean of each bucket's finite values; NaN where it has none."""
    known = np.isfinite(values)
    total = np.add.reduceat(np.where(known, values, 0.0), starts[:-1])
    many = np.add.reduceat(known.astype(np.int64), starts[:-1])
    return np.where(many > 0, total / np.maximum(many, 1), np.nan)


def _scale(metric: str) -> float:
    return 100.0 if metric.endswith("accuracy") else 1.0


def _add_line(drawn: go.Figure, line: Line, look: dict[str, object], found: Compared, buckets: int) -> None:
    """The raw curve, faint where a smoothed or averaged one is above it."""
    asked, name = found.asked, f"{NAMES[line.side]}, {found.labels[line.run]}"
    starts = edges(len(line.values), buckets, asked.log_x)
    thinned = len(starts) <= len(line.values)
    values, x = smoothed(line.values, asked.smoothing), line.x
    if thinned:
        values, x = averaged(values, starts), averaged(x, starts)
    if thinned or asked.smoothing:
        places = chosen(line.values, starts)
        faint = look | {"dash": "solid", "symbol": None}
        _add_curve(drawn, line.x[places], line.values[places], faint, found)
    _add_curve(drawn, x, values, look, found, name)


def _add_curve(
    drawn: go.Figure, x: np.ndarray, values: np.ndarray, look: dict[str, object], found: Compared, name: str = ""
) -> None:
    """One trace; faint, and without a word, where it has no name. What a logarithmic axis cannot show is a gap."""
    hidden = ((x <= 0) & found.asked.log_x) | ((values <= 0) & found.asked.log_y)
    symbol = look["symbol"] or ("circle" if len(values) == 1 else None)
    words = "<br>".join(escape(part) for part in wrap(name, LETTERS))
    drawn.add_scatter(
        x=x, y=np.where(hidden, np.nan, values) * _scale(found.asked.y), name=words, showlegend=bool(name),
        mode="lines+markers" if symbol else "lines", opacity=1.0 if name else 0.22,
        line={"color": look["color"], "dash": look["dash"], "width": 2 if name else 1},
        marker={"symbol": symbol or "circle", "size": 7, "maxdisplayed": SYMBOLS_SHOWN, "color": look["color"]},
        hoverinfo=None if name else "skip",
        hovertemplate=f"%{{y:.5g}}<extra>{words}</extra>" if name else None,
    )  # fmt: skip


def _add_band(drawn: go.Figure, each: GroupBand, look: dict[str, object], found: Compared, buckets: int) -> None:
    """The runs, faint; the band; the mean. All of the same points, none of them averaged over steps."""
    made, asked = each.band, found.asked
    for line in each.lines:
        values = smoothed(line.values, asked.smoothing)
        places = chosen(values, edges(len(values), buckets, asked.log_x))
        _add_curve(drawn, line.x[places], values[places], look | {"symbol": None}, found)
    places = chosen(made.mean, edges(len(made.mean), buckets, asked.log_x))
    x, mean = made.x[places], made.mean[places]
    if made.half is not None:
        shown = (x > 0) | (not asked.log_x)
        low, high = mean - made.half[places], mean + made.half[places]
        if asked.log_y:  # an interval that reaches zero or below is cut at a tenth of the smallest mean
            low = np.maximum(low, 0.1 * np.nanmin(mean, initial=np.inf, where=mean > 0))
        around, outline = x[shown], np.concatenate([high[shown], low[shown][::-1]])
        drawn.add_scatter(
            x=np.concatenate([around, around[::-1]]), y=outline * _scale(asked.y), fill="toself",
            fillcolor=_clear(str(look["color"])), line_width=0, mode="lines", hoverinfo="skip", showlegend=False,
        )  # fmt: skip
    _add_curve(drawn, x, mean, look, found, band_words(each, asked))


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
    if not asked.bands and any(len(line.values) > _buckets(found) for line in found.lines):
        told.append("There are more points than can be drawn: lines are means of neighbouring points, the faint ones "
                    "reach from the lowest to the highest.")  # fmt: skip
    return " ".join(told)
