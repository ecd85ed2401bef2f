"""What the figures of a benchmark share: colours, symbols, and axes with plain numbers."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.charts.colours import COLOURS, GREY
from engine.config import FRAMEWORKS
from engine.quantities import digits

DASH = {"torch": "solid", "tensorflow": "dash"}
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "star", "hexagon", "pentagon", "x")
WIDE = 10.0  # from this ratio of the largest to the smallest on, an axis is logarithmic


def colour(framework: str, theme: str) -> str:
    """The framework's colour."""
    return COLOURS[theme][FRAMEWORKS.index(framework)] if framework in FRAMEWORKS else GREY[theme]


def scale(axis: go.layout.XAxis | go.layout.YAxis, values: Sequence[float]) -> None:
    """Logarithmic where the values are far apart, else from zero."""
    positive = [value for value in values if value > 0]
    if positive and max(positive) / min(positive) >= WIDE:
        logarithmic(axis, min(positive), max(positive))
    elif positive:
        axis.update(range=[0, 1.12 * max(positive)])


def logarithmic(axis: go.layout.XAxis | go.layout.YAxis, low: float, high: float) -> None:
    """A logarithmic axis from `low` to `high` with a little room on both sides, and with plain numbers on it."""
    if high < 1.001 * low:  # one value alone
        low, high = low / 1.05, high * 1.05
    first, last = float(np.log10(low)), float(np.log10(high))
    room = max(0.06 * (last - first), 0.01)
    ticks = _ticks(low, high)
    texts = [digits(tick, 3) for tick in ticks]
    axis.update(type="log", range=[first - room, last + room], tickmode="array", tickvals=ticks, ticktext=texts)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers on a logarithmic axis, few enough to read."""
    if high / low < 3:
        step = 10.0 ** np.floor(np.log10(high - low))
        step = next(step * factor for factor in (0.1, 0.2, 0.5, 1, 2) if (high - low) / (step * factor) <= 10)
        return [float(round(step * place, 12)) for place in range(max(1, int(low / step)), int(high / step) + 2)]
    tens = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    return [one * 10.0**ten for ten in tens for one in ((1, 2, 5) if len(tens) <= 3 else (1,))]


def calm(figure: go.Figure, height: int) -> go.Figure:
    """Small margins, the legend above."""
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return figure.update_layout(height=height, margin={"l": 10, "r": 20, "t": 16, "b": 10}, legend=legend)
