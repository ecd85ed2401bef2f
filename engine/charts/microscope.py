"""The divergence microscope in a person's words and as a figure: layers by steps, and the first cell that differs."""

import math

import numpy as np
import plotly.graph_objects as go

from engine.examinations.examined import MicroscopeResult
from engine.fairness.divergence import Cell, Divergence
from engine.quantities import count, digits, finite

MARK = "#FF3B30"
COLOURS = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "thickness": 10, "len": 0.7, "title_side": "top"}
HIGHEST = 1.0  # relative: beyond it, two layers have nothing in common any more


def first_words(found: MicroscopeResult, tolerance: float) -> str:
    """Where both sides first differ by more than `tolerance`, or that they do not, in one or two sentences."""
    shown, cell = found.divergence, found.divergence.first_beyond(tolerance)
    if cell is None:
        most = shown.largest()
        over = count(shown.differences.shape[1], "step")
        return (
            f"No layer differs by more than {digits(tolerance, 2)} over {over}. The largest difference is "
            f"{digits(most.difference, 2)}, in {what(most.row)} at step {most.step:,}. {noise_words(most)}"
        )
    if not math.isfinite(cell.difference):
        return f"The sides first differ at step {cell.step:,}, in {what(cell.row)}, which is not finite on one side."
    return (
        f"The sides first differ by more than {digits(tolerance, 2)} at step {cell.step:,}, in {what(cell.row)}: "
        f"{digits(cell.difference, 2)} relative. {noise_words(cell)}"
    )


def noise_words(cell: Cell) -> str:
    """The difference against the framework's own noise."""
    if not cell.noise:
        return "Neither framework differs from itself there."
    if not math.isfinite(cell.noise):
        return "A framework that begins with weights changed by one rounding is not finite there."
    times = cell.difference / cell.noise
    if times <= 1:
        return f"That is within each framework's own noise there, {digits(cell.noise, 2)}."
    return f"That is {times:,.3g} times the frameworks' own noise there, {digits(cell.noise, 2)}."


def left_out_words(shown: Divergence) -> str:
    """Which rows could not be compared; empty where all could."""
    if not shown.left_out:
        return ""
    return f"Only one side has {', '.join(map(what, shown.left_out))}, or has it in another size: not compared."


def what(row: str) -> str:
    """`the output of conv1`, `the gradient of conv1.weight`."""
    kind, name = row.split("/", 1)
    return f"the output of {name}" if kind == "layer" else f"the gradient of {name}"


def figure(found: MicroscopeResult, tolerance: float, against_noise: bool = False) -> go.Figure:
    """A heatmap, steps from left to right, rows from top to bottom as the pass goes; the first cell beyond is marked.

    The colour is log₁₀ of the relative difference, or of how many times the noise it is.
    """
    shown = found.divergence
    values, words = _levels(found, against_noise), "times the noise" if against_noise else "relative difference"
    steps = shown.first_step + np.arange(values.shape[1])
    names = [row.split("/", 1)[1] + (" ∂" if row.startswith("gradient/") else "") for row in shown.rows]
    low, high = (0, 4) if against_noise else (math.log10(np.finfo(found.precision).eps), math.log10(HIGHEST))
    drawn = go.Figure(
        go.Heatmap(
            x=steps,
            y=names,
            z=values,
            zmin=low,
            zmax=min(high, max(low + 1, float(np.nanmax(values)))),
            colorscale="Cividis",
            colorbar=COLOURS | {"title": f"log₁₀ {words}"},
            hovertemplate="step %{x}, %{y}: 10^%{z:.1f}<extra></extra>",
        )
    )
    if cell := shown.first_beyond(tolerance):
        place = {"x": [cell.step], "y": [names[shown.rows.index(cell.row)]]}
        marker = {"symbol": "square-open", "size": 12, "color": MARK, "line": {"width": 3}}
        drawn.add_scatter(**place, mode="markers", marker=marker, showlegend=False, hoverinfo="skip")
    drawn.update_yaxes(autorange="reversed", tickfont={"size": 10}, dtick=1, type="category", automargin=True)
    drawn.update_xaxes(title="Step")
    height = max(300, 140 + 15 * len(names))
    return drawn.update_layout(height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8})


def _levels(found: MicroscopeResult, against_noise: bool) -> np.ndarray:
    shown: Divergence = found.divergence
    least = np.finfo(found.precision).eps / 10
    values = np.where(np.isfinite(shown.differences), shown.differences, 1e6)
    noise = np.fmax(np.where(np.isfinite(shown.noise), shown.noise, 1e6), least)
    return np.log10(np.fmax(values, least) / (noise if against_noise else 1.0))


def as_json(found: MicroscopeResult, tolerance: float) -> dict:
    """The numbers for a script: the first cell beyond, the largest, and each row's largest difference and noise."""
    shown, cell = found.divergence, found.divergence.first_beyond(tolerance)
    rows = {
        row: {"largest_difference": finite(apart.max()), "largest_noise": finite(noise.max())}
        for row, apart, noise in zip(shown.rows, shown.differences, shown.noise, strict=True)
    }
    first = vars(cell) | {"difference": finite(cell.difference), "noise": finite(cell.noise)} if cell else None
    return {
        "tolerance": tolerance,
        "precision": found.precision,
        "first": first,
        "rows": rows,
        "left_out": shown.left_out,
    }
