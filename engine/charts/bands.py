"""Figures of experiments: curves over several seeds with their bands, and the effects of matched defaults."""

import numpy as np
import plotly.graph_objects as go

from engine.charts.colours import COLOURS, DASHES, GREY
from engine.charts.experiment_words import amount, bracket, name_of, unit
from engine.config import FRAMEWORKS, NAMES
from engine.experiments.outcomes import Outcome
from engine.fairness.intervals import Effect, half_widths
from engine.quantities import count


def bands(found: list[Outcome], metric: str, theme: str = "light") -> go.Figure:
    """A metric by epoch: each framework's mean over the seeds, the 95 % interval of that mean, and the runs, faint.

    A band needs two runs, and reaches as far as all of them do. Accuracies are in per cent.
    """
    figure = go.Figure()
    for side, colour, dash in zip(FRAMEWORKS, COLOURS[theme], DASHES, strict=True):
        curves = [each.curves[side][metric] for each in found if metric in each.curves[side]]
        if curves:
            _add_side(figure, NAMES[side], curves, _scale(metric), colour, dash)
    longest = max((len(trace.x) for trace in figure.data if trace.name), default=0)
    figure.update_layout(
        xaxis={"title": "Epoch", "dtick": 1} if longest <= 10 else {"title": "Epoch"},
        yaxis_title=f"{name_of(metric).split(',')[0]}{', %' if metric.endswith('accuracy') else ''}",
        hovermode="x unified",
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        height=380,
    )
    return figure


def _scale(metric: str) -> float:
    return 100.0 if metric.endswith("accuracy") else 1.0


def _add_side(
    figure: go.Figure, name: str, curves: list[tuple[np.ndarray, np.ndarray]], scale: float, colour: str, dash: str
) -> None:
    for epochs, values in curves:
        line = {"color": colour, "width": 1, "dash": dash}
        figure.add_scatter(
            x=epochs, y=values * scale, mode="lines", line=line, opacity=0.25, hoverinfo="skip", showlegend=False
        )
    length = min(len(values) for _, values in curves)
    epochs = curves[0][0][:length]
    table = scale * np.array([values[:length] for _, values in curves])
    mean = table.mean(axis=0)
    if len(table) > 1:
        half = half_widths(table)
        outline = np.concatenate([mean + half, (mean - half)[::-1]])
        around = np.concatenate([epochs, epochs[::-1]])
        figure.add_scatter(
            x=around, y=outline, fill="toself", fillcolor=_faint(colour), line_width=0, hoverinfo="skip",
            showlegend=False, mode="lines",
        )  # fmt: skip
    legend = f"{name}, mean of {count(len(table))} ± 95 % interval" if len(table) > 1 else f"{name}, 1 run"
    figure.add_scatter(
        x=epochs, y=mean, name=legend, mode="lines", line={"color": colour, "width": 2.5, "dash": dash},
        hovertemplate="%{y:.4g}",
    )  # fmt: skip


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"


def effect_dots(effects: list[Effect], titles: list[str], metric: str, theme: str = "light") -> go.Figure:
    """Each flip's change of the distance between the frameworks, with its interval; left of zero is closer."""
    scale, names = _scale(metric), list(reversed(titles))
    known = [(each, title) for each, title in zip(effects, titles, strict=True) if each.found]
    figure = go.Figure()
    spreads = [each.found for each, _ in known if each.found]
    figure.add_scatter(
        x=[spread.mean * scale for spread in spreads],
        y=[title for _, title in known],
        mode="markers",
        marker={"size": 10, "color": GREY[theme]},
        error_x={
            "type": "data",
            "symmetric": True,
            "array": [(spread.high - spread.mean) * scale for spread in spreads],
            "color": GREY[theme],
            "thickness": 2,
        },
        text=[f"{amount(metric, s.mean)}{unit(metric)} {bracket(metric, s.low, s.high)}" for s in spreads],
        hovertemplate="%{y}: %{text}<extra></extra>",
        showlegend=False,
    )
    if effects:
        margin = effects[0].margin * scale
        figure.add_vrect(x0=-margin, x1=margin, fillcolor=GREY[theme], opacity=0.12, line_width=0)
    figure.add_vline(x=0, line={"color": GREY[theme], "width": 1, "dash": "dot"})
    figure.update_layout(
        xaxis_title=f"← closer · further apart →{', points' if scale == 100 else ''}",
        yaxis={"categoryorder": "array", "categoryarray": names, "range": [-0.5, len(names) - 0.5], "automargin": True},
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        height=90 + 42 * max(1, len(names)),
    )
    return figure
