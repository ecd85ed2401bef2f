"""Curves of several runs laid over each other: each run by itself, or bands over those that are alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from engine.charts.colours import COLOURS, DASHES
from engine.charts.experiment_words import name_of
from engine.charts.series import Side, bucket_size, extremes
from engine.comparison import Asked, grouped
from engine.config import FRAMEWORKS, NAMES, RunConfig
from engine.fairness.intervals import half_widths

TITLES = {"step": "Step", "epoch": "Epoch", "seconds": "Seconds in training", "examples": "Examples"}
MOST_POINTS = 500  # of a band, whose curves do not share their places
FAINTEST = 0.35  # of the last of several lines of one colour


@dataclass(frozen=True)
class Line:
    """A line of the figure: x and the mean, and half the width of its 95 % interval where there are two runs or more.

    `raw` is the curve before it was smoothed, where it was.
    """

    label: str
    side: str
    x: np.ndarray
    mean: np.ndarray
    half: np.ndarray | None
    runs: tuple[str, ...]
    raw: np.ndarray | None = None

    @property
    def legend(self) -> str:
        """What it is, n, and its last value with the interval."""
        told = f"{self.label} · {NAMES[self.side]}" if self.label else NAMES[self.side]
        finite = np.flatnonzero(np.isfinite(self.mean))
        if not len(finite):
            return f"{told} · no finite value"
        last = finite[-1]
        value = f"{self.mean[last]:.4g}"
        if self.half is None:
            return f"{told} · {value}"
        low, high = self.mean[last] - self.half[last], self.mean[last] + self.half[last]
        return f"{told} · n = {len(self.runs)}, {value} [{low:.4g}, {high:.4g}]"


def points(side: Side, metric: str, x: str, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
    """The raw curve of a side: x and values, NaN where a value is not finite; both empty where it has none."""
    if metric == "train_loss":
        steps, values = side.losses.positions + 1, side.losses.values.copy()
    elif metric in side.metrics:
        steps, values = side.metrics[metric].positions.copy(), side.metrics[metric].values.copy()
    else:
        return np.empty(0), np.empty(0)
    return places(side, steps, x, batch_size), values


def places(side: Side, steps: np.ndarray, x: str, batch_size: int) -> np.ndarray:
    """Where so many steps are on the axis; of a smaller last batch the examples are counted as they are."""
    if x == "step" or side.started is None:
        return steps.astype(float)
    if x == "seconds":
        return side.seconds_after(steps)
    whole = side.started.steps_per_epoch
    if x == "epoch":
        return steps / whole
    examples = side.started.training_examples
    return (steps // whole) * float(examples) + np.minimum((steps % whole) * batch_size, examples)


def smoothed(values: np.ndarray, weight: float) -> np.ndarray:
    """The exponential mean of the values so far, without the pull of a start at zero; gaps stay gaps.

    Each point has the weight (1 − weight) · weightᵏ of k points ago, divided by the sum of these weights (Kingma and
    Ba, Adam, 2015, section 3).
    """
    if weight == 0:
        return values
    from scipy.signal import lfilter  # takes a moment to import

    found, finite = np.full(len(values), np.nan), np.isfinite(values)
    kept = values[finite]
    correction = 1 - np.power(weight, np.arange(1, len(kept) + 1))
    found[finite] = lfilter([1 - weight], [1, -weight], kept) / correction
    return found


def lines(asked: Asked, configs: Mapping[str, RunConfig], sides: Mapping[str, Mapping[str, Side]],
          labels: Mapping[str, str]) -> list[Line]:  # fmt: skip
    """The lines in the order of the groups; `sides` by run and framework, `labels` what each run is called."""
    found = []
    for key, runs in grouped(configs, asked.groups).items():
        label = _label(asked, key, runs, labels)
        for side in asked.sides:
            curves = {}
            for run in runs:
                if side in sides[run]:
                    x, values = points(sides[run][side], asked.metric, asked.x, configs[run].batch_size)
                    if len(x):
                        curves[run] = x, values
            if curves:
                found.append(_line(label, side, curves, asked.smoothing))
    return found


def _label(asked: Asked, key: tuple[str, ...], runs: Sequence[str], labels: Mapping[str, str]) -> str:
    if not asked.groups:
        return labels[runs[0]]
    return ", ".join(f"{name} {value or '–'}" for name, value in zip(asked.groups, key, strict=True))


def _line(label: str, side: str, curves: Mapping[str, tuple[np.ndarray, np.ndarray]], weight: float) -> Line:
    smooth = [(x, smoothed(values, weight)) for x, values in curves.values()]
    if len(curves) == 1:
        (x, values), raw = smooth[0], next(iter(curves.values()))[1]
        return Line(label, side, x, values, None, tuple(curves), raw if weight else None)
    x, table = _together(smooth)
    return Line(label, side, x, table.mean(axis=0), half_widths(table), tuple(curves))


def _together(curves: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Common places and the values there (runs, places): where all have a value, as far as the shortest reaches."""
    shortest = min(len(x) for x, _ in curves)
    first = curves[0][0][:shortest]
    if all(np.array_equal(x[:shortest], first) for x, _ in curves):
        return first, np.array([values[:shortest] for _, values in curves])
    low, high = max(x[0] for x, _ in curves), min(x[-1] for x, _ in curves)
    grid = np.linspace(low, max(low, high), min(MOST_POINTS, shortest))
    return grid, np.array([np.interp(grid, x, values) for x, values in curves])


def figure(asked: Asked, drawn: Sequence[Line], theme: str = "light") -> go.Figure:
    """All lines: PyTorch vermilion and solid, TensorFlow blue and dashed, the first of a colour the strongest."""
    made = go.Figure()
    scale = 100.0 if asked.metric.endswith("accuracy") else 1.0
    for side, colour, dash in zip(FRAMEWORKS, COLOURS[theme], DASHES, strict=True):
        mine = [line for line in drawn if line.side == side]
        for place, line in enumerate(mine):
            strength = 1 - (1 - FAINTEST) * place / max(1, len(mine) - 1)
            _add(made, line, scale, _rgba(colour, strength), _rgba(colour, 0.15 * strength), dash)
    title = name_of(asked.metric).split(",")[0] + (", %" if scale == 100 else "")
    made.update_layout(
        xaxis={"title": TITLES[asked.x], "type": "log" if asked.log in ("x", "both") else "linear"},
        yaxis={"title": title, "type": "log" if asked.log in ("y", "both") else "linear", "exponentformat": "power"},
        hovermode="closest",
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0},
        height=480 + 12 * len(drawn),
    )
    return made


def _add(made: go.Figure, line: Line, scale: float, colour: str, fill: str, dash: str) -> None:
    chosen = extremes(line.mean, bucket_size(len(line.mean)))
    x, mean = line.x[chosen], line.mean[chosen] * scale
    if line.raw is not None:
        made.add_scatter(x=x, y=line.raw[chosen] * scale, mode="lines", line={"color": fill, "width": 1},
                           hoverinfo="skip", showlegend=False, legendgroup=line.legend)  # fmt: skip
    if line.half is not None:
        half = line.half[chosen] * scale
        made.add_scatter(x=np.concatenate([x, x[::-1]]), y=np.concatenate([mean + half, (mean - half)[::-1]]),
                         fill="toself", fillcolor=fill, line_width=0, mode="lines", hoverinfo="skip",
                         showlegend=False, legendgroup=line.legend)  # fmt: skip
    mode = "lines+markers" if len(x) == 1 else "lines"
    made.add_scatter(x=x, y=mean, mode=mode, name=line.legend, line={"color": colour, "width": 2, "dash": dash},
                     legendgroup=line.legend, hovertemplate="%{x:.6g}: %{y:.5g}")  # fmt: skip


def _rgba(colour: str, strength: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{strength:.3f})"
