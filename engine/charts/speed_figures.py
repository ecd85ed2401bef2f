"""Figures of a benchmark: rates, latencies, scaling, ratios and raw blocks, drawn from plain numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go

from engine.bench.pairs import MARGIN
from engine.charts.colours import GREY
from engine.charts.speed_axes import DASH, SYMBOLS, calm, colour, logarithmic, scale
from engine.quantities import digits, rate

ROW, LINE = 44, 17  # pixels of a row of dots, and of a line of its label
LETTERS = 28  # in a line of a row's label
MOST_PAIRS = 12  # rows of the figure of ratios


@dataclass(frozen=True)
class Rate:
    """One row of the ladder: its median and spread in units per second; `usual` is what people write first."""

    label: str
    framework: str
    median: float
    spread: float
    usual: bool = False


@dataclass(frozen=True)
class Ratio:
    """One row of the ratios: how many times as fast the first is, its 95 % interval, and from how many rounds."""

    label: str
    ratio: float
    low: float
    high: float
    n: int
    elsewhere: bool = False  # measured on the other machine


@dataclass(frozen=True)
class Curve:
    """One case over an axis: `x`, and by name of a line its values at each `x`."""

    label: str
    framework: str
    x: Sequence[float]
    lines: Mapping[str, Sequence[float]]
    fit: tuple[float, float] | None = None  # factor and exponent of the fitted power law


@dataclass(frozen=True)
class Blocks:
    """The raw values of a case: seconds per step of each block, and when in the benchmark it was, in rounds."""

    label: str
    framework: str
    rounds: Sequence[float]
    seconds: Sequence[float]
    median: float


def ladder(rates: Sequence[Rate], limits: Mapping[str, float], unit: str, theme: str = "light") -> go.Figure:
    """A row per execution, fastest first, with its median and spread; hollow where it is what people write first.

    `limits` are the arithmetic and the bandwidth limit of the machine by name, in the same unit, as vertical lines.
    """
    ordered = sorted(rates, key=lambda each: each.median)
    figure = go.Figure()
    for each in ordered:
        tint = colour(each.framework, theme)
        figure.add_scatter(
            x=[each.median], y=[each.label], mode="markers+text", text=[rate(each.median)],
            textposition="top center", showlegend=False, cliponaxis=False,
            marker={"size": 12, "color": tint, "symbol": "circle-open" if each.usual else "circle",
                    "line": {"color": tint, "width": 2}},
            error_x={"type": "data", "array": [each.spread], "color": tint, "thickness": 2},
            hovertemplate=f"%{{y}}: {rate(each.median)} ± {rate(each.spread)}<extra></extra>",
        )  # fmt: skip
    for place, (name, limit) in enumerate(limits.items()):
        figure.add_vline(limit, line={"color": GREY[theme], "width": 1.5, "dash": "dot"})
        figure.add_annotation(
            x=limit, y=1, yref="paper", yanchor="bottom", yshift=16 * place, xanchor="right", showarrow=False,
            text=f"{name} {rate(limit)}", font={"size": 11, "color": GREY[theme]},
        )  # fmt: skip
    values = [end for each in rates for end in (each.median, each.median + each.spread)] + list(limits.values())
    scale(figure.layout.xaxis, values)
    if figure.layout.xaxis.type == "log" and limits:  # an annotation on a logarithmic axis stands at the exponent
        figure.for_each_annotation(lambda note: note.update(x=float(np.log10(note.x))))
    figure.update_xaxes(title=unit)
    return _rows(figure, [each.label for each in ordered], extra=18 * len(limits))


def ratios(rows: Sequence[Ratio], theme: str = "light") -> go.Figure:
    """A row per pair: the ratio and its 95 % interval; in the grey stripe both count as the same."""
    figure = go.Figure()
    ordered = list(reversed(rows))
    for each in ordered:
        told = f"{digits(each.ratio, 3)} [{digits(each.low, 3)}, {digits(each.high, 3)}]"
        figure.add_scatter(
            x=[each.ratio], y=[each.label], mode="markers", showlegend=False,
            marker={"size": 11, "color": GREY[theme], "symbol": "circle-open" if each.elsewhere else "circle",
                    "line": {"color": GREY[theme], "width": 2}},
            error_x={"type": "data", "symmetric": False, "array": [each.high - each.ratio],
                     "arrayminus": [each.ratio - each.low], "color": GREY[theme], "thickness": 2},
            hovertemplate=f"%{{y}}: {told}, {each.n} rounds<extra></extra>",
        )  # fmt: skip
    figure.add_vrect(1 / (1 + MARGIN), 1 + MARGIN, fillcolor=GREY[theme], opacity=0.18, line_width=0)
    figure.add_vline(1, line={"color": GREY[theme], "width": 1, "dash": "dot"})
    ends = [end for each in rows for end in (each.low, each.high)]
    low, high = min([1 - 2 * MARGIN, *ends]), max([1 + 2 * MARGIN, *ends])
    figure.update_xaxes(title="← slower · times as fast →")
    logarithmic(figure.layout.xaxis, low, high)
    return _rows(figure, [each.label for each in ordered])


def curves(found: Sequence[Curve], axis: str, unit: str, theme: str = "light") -> go.Figure:
    """Each case over the axis, both logarithmic, with the fitted power law behind the points where there is one."""
    figure = go.Figure()
    for case, each in enumerate(found):
        tint, symbol = colour(each.framework, theme), SYMBOLS[case % len(SYMBOLS)]
        for place, (name, values) in enumerate(each.lines.items()):
            legend = f"{each.label}, {name}" if len(each.lines) > 1 else each.label
            if each.fit:
                legend += f", slope {each.fit[1]:.2f}".replace("-", "−")
            figure.add_scatter(
                x=list(each.x), y=list(values), name=legend, legendgroup=each.label, opacity=(1, 0.65, 0.4)[place % 3],
                mode="markers" if each.fit else "lines+markers",
                line={"color": tint, "width": 2.2 - 0.6 * place, "dash": DASH.get(each.framework, "solid")},
                marker={"symbol": symbol, "size": 8 - 1.5 * place, "color": tint},
                hovertemplate=f"{axis} %{{x:,}}: %{{y:.4g}} {unit}",
            )  # fmt: skip
        if each.fit:
            ends = np.array([min(each.x), max(each.x)], float)
            figure.add_scatter(
                x=ends, y=each.fit[0] * ends ** each.fit[1], mode="lines", showlegend=False, hoverinfo="skip",
                legendgroup=each.label, line={"color": tint, "width": 1.5, "dash": DASH.get(each.framework, "solid")},
            )  # fmt: skip
    places = sorted({float(x) for each in found for x in each.x})
    figure.update_xaxes(type="log", title=axis, tickvals=places, ticktext=[f"{place:g}" for place in places])
    figure.update_yaxes(title=unit)
    every = [value for each in found for values in each.lines.values() for value in values if value > 0]
    if every:
        logarithmic(figure.layout.yaxis, min(every), max(every))
    return calm(figure, 420)


def blocks(found: Sequence[Blocks], theme: str = "light") -> go.Figure:
    """Every timed block over the rounds, and each case's median as a line: drift and outliers show here."""
    figure = go.Figure()
    for case, each in enumerate(found):
        tint = colour(each.framework, theme)
        milliseconds = [1000 * seconds for seconds in each.seconds]
        figure.add_scatter(
            x=list(each.rounds), y=milliseconds, mode="markers", name=each.label, legendgroup=str(case),
            marker={"color": tint, "symbol": SYMBOLS[case % len(SYMBOLS)], "size": 7},
            hovertemplate="round %{x:.2f}: %{y:.4g} ms",
        )  # fmt: skip
        figure.add_scatter(
            x=[min(each.rounds), max(each.rounds)], y=[1000 * each.median] * 2, mode="lines", showlegend=False,
            hoverinfo="skip", legendgroup=str(case),
            line={"color": tint, "width": 1.2, "dash": DASH.get(each.framework, "solid")},
        )  # fmt: skip
    figure.update_xaxes(title="Round", dtick=1 if max((max(each.rounds) for each in found), default=0) <= 20 else None)
    figure.update_yaxes(title="ms", rangemode="tozero")
    scale(figure.layout.yaxis, [1000 * seconds for each in found for seconds in each.seconds])
    return calm(figure, 380)


def _rows(figure: go.Figure, labels: Sequence[str], extra: int = 0) -> go.Figure:
    """A row for each label, which is broken into short lines so that it fits beside the chart on a phone too."""
    texts = ["<br>".join(wrap(label, LETTERS)) for label in labels]
    figure.update_yaxes(
        categoryorder="array", categoryarray=list(labels), range=[-0.6, len(labels) - 0.4], automargin=True,
        tickmode="array", tickvals=list(labels), ticktext=texts,
    )  # fmt: skip
    tall = max([ROW, *(LINE * (text.count("<br>") + 1) for text in texts)])
    calm(figure, 90 + extra + tall * max(1, len(labels)))
    return figure.update_layout(margin={"t": 16 + extra})
