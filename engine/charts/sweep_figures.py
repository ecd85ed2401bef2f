"""Figures of a sweep: values over one field, parallel coordinates, a heatmap of two fields, and importance."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from engine.charts.colours import COLOURS, DASHES, GREY
from engine.charts.experiment_words import name_of
from engine.charts.speed_axes import WIDE, calm, logarithmic
from engine.charts.sweep_words import label, setting, shown, value
from engine.config import FRAMEWORKS, NAMES
from engine.fairness.intervals import HIGHER_IS_BETTER
from engine.quantities import digits
from engine.sweeps.ranges import Range, Value
from engine.sweeps.results import Results, Told

BINS = 8  # of a range without steps in a heatmap
MOST_LINES = 400  # of the parallel coordinates: the latest, so that a long sweep stays quick to draw
SYMBOLS = ("circle", "diamond-open")
PARTS = ("Best third", "Middle third", "Last third")
SHADES = {"light": ("#3B3F8F", "#8E92C4", "#C9CBDF"), "dark": ("#C9CCFF", "#7B80BD", "#4A4E73")}


def against(found: Results, field: str, theme: str = "light") -> go.Figure:
    """Each trial's value of both sides over one field; the best of each side is ringed."""
    each = _range(found, field)
    figure = go.Figure()
    for side, colour, symbol in zip(FRAMEWORKS, COLOURS[theme], SYMBOLS, strict=True):
        trials = [trial for trial in found.trials if trial.values[side] is not None]
        best = {trial.number for trial in found.ranked(side)[:1]}
        sizes = [15 if trial.number in best else 8 for trial in trials]
        figure.add_scatter(
            x=[_axis_value(each, trial.setting[field]) for trial in trials],
            y=[trial.values[side] for trial in trials],
            name=NAMES[side],
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": sizes, "line": {"color": colour, "width": 2}},
            text=[_hover(found, trial) for trial in trials],
            hovertemplate="%{text}<extra></extra>",
        )
    values = [one for trial in found.trials for one in trial.values.values() if one is not None]
    numbers = not _is_category(each)
    figure.update_xaxes(title=label(field))
    if not numbers:
        names = [shown(one) for one in each.values]
        figure.update_xaxes(type="category", categoryorder="array", categoryarray=names)
    elif each.log:
        logarithmic(figure.layout.xaxis, *(float(one or 0) for one in (each.ends[0], each.ends[-1])))
    figure.update_yaxes(title=name_of(found.plan.metric))
    if _wide(values):
        logarithmic(figure.layout.yaxis, min(values), max(values))
    return calm(figure, 380)


def _range(found: Results, field: str) -> Range:
    return next(each for each in found.plan.ranges if each.field == field)


def _is_category(each: Range) -> bool:
    return not all(isinstance(one, int | float) and not isinstance(one, bool) for one in each.ends)


def _axis_value(each: Range, one: Value) -> Value:
    return shown(one) if _is_category(each) else one


def _hover(found: Results, trial: Told) -> str:
    sides = ", ".join(f"{NAMES[side]} {value(found, trial, side)}" for side in FRAMEWORKS)
    return f"Trial {trial.number}: {setting(trial.setting)}<br>{sides}"


def _wide(values: Sequence[float]) -> bool:
    """Whether values spread over so many sizes that equal steps would hide most of them."""
    return bool(values) and min(values) > 0 and max(values) / min(values) >= WIDE


def parallel(found: Results, theme: str = "light") -> go.Figure:
    """A line per trial through an axis per field, and the value of either side: the better, the higher.

    The best trial of PyTorch is solid, that of TensorFlow dashed; what ended early or diverged stops at the last field.
    """
    figure = go.Figure()
    ranges = found.plan.ranges
    heights = _heights(found)
    trials = found.trials[-MOST_LINES:]
    finished = sorted(
        (trial for trial in trials if trial.mean is not None),
        key=lambda trial: (trial.mean or 0.0) * (-1 if found.plan.metric in HIGHER_IS_BETTER else 1),
    )
    early = [trial for trial in trials if trial.word in ("cut", "diverged")]
    _lines(figure, found, early, heights, "Ended early or diverged", {"color": GREY[theme], "width": 1, "dash": "dot"})
    third = math.ceil(len(finished) / 3)
    for part in (2, 1, 0):
        members = finished[part * third : (part + 1) * third]
        _lines(figure, found, members, heights, PARTS[part], {"color": SHADES[theme][part], "width": 1.5})
    for side, colour, dash in zip(FRAMEWORKS, COLOURS[theme], DASHES, strict=True):
        line = {"color": colour, "width": 4, "dash": dash}
        _lines(figure, found, found.ranked(side)[:1], heights, f"Best of {NAMES[side]}", line)
    names = [label(each.field) for each in ranges] + [NAMES[side] for side in FRAMEWORKS]
    for place, each in enumerate(ranges):
        _scale(figure, place, [(_height(each, one), shown(one)) for one in _marks(each)])
    for place, side in enumerate(FRAMEWORKS, len(ranges)):
        _scale(figure, place, [(heights[one], one_shown) for one, one_shown in _extremes(found, side)])
    figure.update_xaxes(
        tickvals=list(range(len(names))),
        ticktext=["<br>".join(name.split()) for name in names],
        range=[-0.3, len(names) - 0.6],
        showgrid=True,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_yaxes(visible=False, range=[-0.06, 1.06], fixedrange=True)
    return calm(figure, 440)


def _lines(
    figure: go.Figure, found: Results, trials: Sequence[Told], heights: Mapping[float, float], name: str, line: dict
) -> None:
    """One trace of all these trials: a gap between two lines costs less than a trace for each."""
    if not trials:
        return
    x: list[float | None] = []
    y: list[float | None] = []
    text: list[str] = []
    for trial in trials:
        points = [_height(each, trial.setting[each.field]) for each in found.plan.ranges]
        ends = [heights[one] for one in trial.values.values() if one is not None]
        points += ends if len(ends) == len(FRAMEWORKS) else []
        x += [*range(len(points)), None]
        y += [*points, None]
        text += [_hover(found, trial)] * (len(points) + 1)
    figure.add_scatter(x=x, y=y, text=text, name=name, mode="lines", line=line, hovertemplate="%{text}<extra></extra>")


def _height(each: Range, one: Value) -> float:
    """Where a value lies on its axis, from 0 to 1."""
    if each.values:
        return each.values.index(one) / max(1, len(each.values) - 1)
    assert isinstance(one, int | float)
    low, high, at = (math.log(part) if each.log else part for part in (each.low, each.high, one))
    return (at - low) / (high - low)


def _marks(each: Range) -> Sequence[Value]:
    return each.ends if len(each.ends) <= 8 else (each.ends[0], each.ends[-1])


def _heights(found: Results) -> dict[float, float]:
    """Where each value of a side lies, both sides on one scale, the best on top."""
    values = sorted({one for trial in found.trials for one in trial.values.values() if one is not None})
    if not values:
        return {}
    scaled = np.log(values) if _wide(values) else np.array(values)
    spread = scaled[-1] - scaled[0]
    heights = (scaled - scaled[0]) / spread if spread else np.full(len(values), 0.5)
    if found.plan.metric not in HIGHER_IS_BETTER:
        heights = 1 - heights
    return dict(zip(values, heights.tolist(), strict=True))


def _extremes(found: Results, side: str) -> list[tuple[float, str]]:
    ranked = found.ranked(side)
    ends = ranked[:1] + ranked[1:][-1:]
    return [(one, shown(one)) for trial in ends if (one := trial.values[side]) is not None]


def _scale(figure: go.Figure, place: int, marks: Sequence[tuple[float, str]]) -> None:
    for height, text in marks:
        figure.add_annotation(x=place, y=height, text=text, showarrow=False, xanchor="left", xshift=5, font_size=11)


def heatmap(found: Results, side: str, across: str, up: str) -> go.Figure:
    """The best value of one side in every cell of two fields; the colours mean the same on either side.

    A range without steps is cut into BINS equal parts. A cell without a value stays empty.
    """
    columns, rows = (_cells(_range(found, field)) for field in (across, up))
    table = np.full((len(rows), len(columns)), np.nan)
    counts = np.zeros_like(table)
    better = np.fmax if found.plan.metric in HIGHER_IS_BETTER else np.fmin
    for trial in found.trials:
        if (one := trial.values[side]) is not None:
            at = _cell(_range(found, up), trial.setting[up]), _cell(_range(found, across), trial.setting[across])
            table[at] = better(table[at], one)
            counts[at] += 1
    every = [one for trial in found.trials for one in trial.values.values() if one is not None]
    by_ratio = _wide(every)
    low, high = (min(every), max(every)) if every else (0.0, 1.0)
    drawn = np.log10(table) if by_ratio else table
    ends = [math.log10(low), math.log10(high)] if by_ratio else [low, high]
    figure = go.Figure(
        go.Heatmap(
            x=columns, y=rows, z=drawn, zmin=ends[0], zmax=ends[1], colorscale="Cividis",
            reversescale=found.plan.metric not in HIGHER_IS_BETTER, xgap=2, ygap=2,
            text=[[_cell_text(*pair) for pair in zip(*row, strict=True)] for row in zip(table, counts, strict=True)],
            hovertemplate=f"{label(across)} %{{x}}, {label(up).lower()} %{{y}}: %{{text}}<extra></extra>",
            colorbar={"tickvals": ends, "ticktext": [shown(low), shown(high)], "thickness": 12},
        )
    )  # fmt: skip
    figure.update_xaxes(title=label(across), type="category", categoryorder="array", categoryarray=columns)
    figure.update_yaxes(title=label(up), type="category", categoryorder="array", categoryarray=rows)
    return calm(figure, 340)


def _cell_text(one: float, count: float) -> str:
    return "no value" if not count else f"{shown(float(one))}, the best of {int(count)}"


def _cells(each: Range) -> list[str]:
    """A name for each cell: of values as they are, of a range by its middle."""
    if each.values:
        return [shown(one) for one in each.values]
    return [digits(_at(each, (place + 0.5) / BINS), 2) for place in range(BINS)]


def _at(each: Range, share: float) -> float:
    if each.log:
        return each.low * (each.high / each.low) ** share
    return each.low + (each.high - each.low) * share


def _cell(each: Range, one: Value) -> int:
    if each.values:
        return each.values.index(one)
    return min(BINS - 1, int(_height(each, one) * BINS))


def importance(shares: Mapping[str, Mapping[str, float]], theme: str = "light") -> go.Figure:
    """A bar per side for each field: the share of the spread of that side's values which it accounts for."""
    figure = go.Figure()
    fields = sorted({field for own in shares.values() for field in own}, key=lambda field: -_largest(shares, field))
    for side, colour, pattern in zip(FRAMEWORKS, COLOURS[theme], ("", "/"), strict=True):
        if side in shares:
            figure.add_bar(
                y=[label(field) for field in fields], x=[100 * shares[side].get(field, 0.0) for field in fields],
                name=NAMES[side], orientation="h", marker={"color": colour, "pattern": {"shape": pattern}},
                hovertemplate="%{y}: %{x:.0f} %",
            )  # fmt: skip
    figure.update_xaxes(title="Share of the spread, %", range=[0, 100])
    figure.update_yaxes(autorange="reversed", automargin=True)
    return calm(figure, 120 + 60 * len(fields))


def _largest(shares: Mapping[str, Mapping[str, float]], field: str) -> float:
    return max(own.get(field, 0.0) for own in shares.values())
