"""Figures of what both sides have learned, from the arrays of their views: no screen, no framework."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.config import NAMES
from engine.events import Histograms

Arrays = Mapping[str, np.ndarray]
Views = Mapping[str, Arrays]  # by side
Colours = Mapping[str, str]  # by side

ACROSS = 8  # pictures in a row
TILE = 90  # pixels of a row of pictures
TENSORS_ACROSS = 4
MOST_CELLS = 12  # classes up to which a confusion matrix shows its numbers


def confusion_figure(views: Views, labels: tuple[str, ...]) -> go.Figure:
    """The confusion matrices side by side, true classes down, on one scale of colours."""
    figure = make_subplots(1, len(views), subplot_titles=[NAMES[side] for side in views], horizontal_spacing=0.16)
    most = max(int(view["confusion"].max()) for view in views.values())
    names = [str(label) for label in labels]
    for column, view in enumerate(views.values(), start=1):
        counts = view["confusion"]
        text = "%{z}" if len(counts) <= MOST_CELLS else None
        hover = "true %{y}<br>predicted %{x}<br>%{z} rows<extra></extra>"
        heat = go.Heatmap(z=counts, x=names, y=names, zmin=0, zmax=most, showscale=False, texttemplate=text)
        figure.add_trace(heat.update(hovertemplate=hover, xgap=1, ygap=1), 1, column)
    figure.update_xaxes(title="predicted", type="category", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_yaxes(title="true", col=1)
    return _calm(figure, 380)


def regression_figure(views: Views, colours: Colours) -> go.Figure:
    """Predicted against true values of both sides, and the line on which they are equal."""
    figure = go.Figure()
    every = np.concatenate(
        [np.concatenate([view["true"].ravel(), view["predicted"].ravel()]) for view in views.values()]
    )
    finite = every[np.isfinite(every)]
    ends = [float(finite.min()), float(finite.max())] if len(finite) else [0.0, 1.0]
    figure.add_scatter(x=ends, y=ends, mode="lines", name="equal", line={"color": "gray", "width": 1}, hoverinfo="skip")
    for side, symbol in (("torch", "circle-open"), ("tensorflow", "x-thin-open")):
        if side in views:
            marker = {"symbol": symbol, "color": colours[side], "size": 7}
            x, y = views[side]["true"].ravel(), views[side]["predicted"].ravel()
            figure.add_scatter(x=x, y=y, mode="markers", name=NAMES[side], marker=marker)
    figure.update_layout(xaxis_title="true", yaxis_title="predicted")
    return _calm(figure, 380)


def predictions_figure(views: Views, labels: tuple[str, ...], colours: Colours) -> go.Figure:
    """The sample's pictures, and below each of them what either side takes it for."""
    some = next(iter(views.values()))
    figure = _pictures(some["images"], gap=0.45)
    size, pitch = some["images"].shape[2:], _pitch(some["images"], 0.45)
    for side, view in views.items():
        for place, chances in enumerate(view["probabilities"]):
            row, column = divmod(place, ACROSS)
            guess = int(chances.argmax())
            sign = "" if guess == view["truth"][place] else " ✗"
            below = size[0] + pitch[0] * (0.02 if side == "torch" else 0.15)
            figure.add_annotation(
                x=column * pitch[1] + size[1] / 2 - 0.5,
                y=row * pitch[0] + below - 0.5,
                text=f"{_short(labels[guess])} {chances[guess]:.0%}{sign}",
                font={"color": colours[side], "size": 11},
                showarrow=False,
                yanchor="top",
            )
    return figure


def sequences_figure(views: Views, labels: tuple[str, ...]) -> go.Figure:
    """Some sequences, and above each what it is and what either side takes it for; without classes the curves alone."""
    some = next(iter(views.values()))
    sequences = some["sequences"][:ACROSS]
    titles = [_title(views, labels, place) for place in range(len(sequences))] if "truth" in some else None
    rows = -(-len(sequences) // TENSORS_ACROSS)
    figure = make_subplots(rows, TENSORS_ACROSS, subplot_titles=titles, vertical_spacing=0.45 / rows)
    for place, sequence in enumerate(sequences):
        for feature in range(min(sequence.shape[1], 3)):
            line = {"color": "gray", "width": 1 + feature}
            at = divmod(place, TENSORS_ACROSS)
            figure.add_trace(go.Scatter(y=sequence[:, feature], line=line, showlegend=False), at[0] + 1, at[1] + 1)
    figure.update_annotations(font_size=11)
    figure.update_xaxes(showticklabels=False)
    return _calm(figure, 40 + 165 * rows)


def _title(views: Views, labels: tuple[str, ...], place: int) -> str:
    told = [f"{NAMES[side]} {_guess(view['probabilities'][place], labels)}" for side, view in views.items()]
    some = next(iter(views.values()))
    return f"{labels[some['truth'][place]]}<br>{'<br>'.join(told)}"


def _guess(chances: np.ndarray, labels: tuple[str, ...]) -> str:
    return f"{labels[int(chances.argmax())]} {chances.max():.0%}"


def reconstructions_figure(views: Views) -> go.Figure:
    """A row of inputs and below it a row of each side's reconstructions."""
    rows = [next(iter(views.values()))["images"][:ACROSS]]
    rows += [view["reconstructions"][:ACROSS] for view in views.values()]
    padded = [np.concatenate([row, np.full((ACROSS - len(row), *row.shape[1:]), np.nan)]) for row in rows]
    figure = _pictures(np.concatenate(padded))
    pitch = _pitch(rows[0], 0.1)[0]
    places = [row * pitch + rows[0].shape[2] / 2 for row in range(len(rows))]
    names = ["Input", *(NAMES[side] for side in views)]
    return figure.update_yaxes(visible=True, tickvals=places, ticktext=names, showgrid=False, zeroline=False)


def filters_figure(views: Views) -> go.Figure:
    """The first layer's weights as pictures, PyTorch left and TensorFlow right, on one scale: grey is 0."""
    figure = make_subplots(1, len(views), subplot_titles=[NAMES[side] for side in views])
    most = max(float(np.nanmax(np.abs(view["filters"]))) for view in views.values()) or 1.0
    for column, view in enumerate(views.values(), start=1):
        figure.add_trace(_picture(_mosaic(0.5 + view["filters"] / (2 * most), 0.2)), 1, column)
    rows = -(-len(next(iter(views.values()))["filters"]) // ACROSS)
    return _bare(figure, 60 + 55 * rows)


def at_step(told: Sequence[Histograms], step: int | None) -> Histograms:
    """The last ones up to `step`, or the first where there are none so early; the newest for None."""
    early = [one for one in told if step is None or one.step <= step]
    return early[-1] if early else told[0]


def histograms_figure(sides: Mapping[str, Histograms], names: list[str], colours: Colours) -> go.Figure:
    """A histogram for each named tensor: PyTorch's bars to the left, TensorFlow's to the right, values upwards."""
    rows = -(-len(names) // TENSORS_ACROSS)
    titles = [name.partition("/")[2] for name in names]
    figure = make_subplots(rows, TENSORS_ACROSS, subplot_titles=titles, vertical_spacing=0.3 / rows)
    for place, name in enumerate(names):
        row, column = divmod(place, TENSORS_ACROSS)
        for side, told in sides.items():
            low, high, counts = told.tensors.get(name, (0.0, 0.0, ()))
            if not counts:  # no value of it was finite
                continue
            width = (high - low) / len(counts) or 1e-12
            values = low + width * (np.arange(len(counts)) + 0.5)
            shares = np.array(counts) / max(sum(counts), 1)
            bars = go.Bar(
                x=-shares if side == "torch" else shares,
                y=values,
                width=width,
                orientation="h",
                name=NAMES[side],
                legendgroup=side,
                showlegend=place == 0,
                marker={"color": colours[side], "line": {"width": 0}},
                customdata=counts,
                hovertemplate="%{customdata} near %{y:.3g}",
            )
            figure.add_trace(bars, row + 1, column + 1)
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=True)
    figure.update_yaxes(nticks=4)
    figure.update_annotations(font_size=11)
    figure.update_layout(barmode="overlay", bargap=0)
    return _calm(figure, 90 + 150 * rows)


def _pictures(images: np.ndarray, gap: float = 0.1) -> go.Figure:
    rows = -(-len(images) // ACROSS)
    return _bare(go.Figure(_picture(_mosaic(images, gap))), int(30 + rows * TILE * (1 + gap)))


def _pitch(images: np.ndarray, gap: float) -> tuple[int, int]:
    """From one tile to the next, down and across, in pixels of the pictures; `gap` is the share of it below a tile."""
    height, width = images.shape[2:]
    return height + max(1, round(height * gap)), width + max(1, round(width * 0.1))


def _mosaic(images: np.ndarray, gap: float) -> np.ndarray:
    """The pictures (n, channels, height, width) of values 0…1 in rows; transparent between them."""
    count, channels, height, width = images.shape
    down, across = _pitch(images, gap)
    canvas = np.zeros((down * -(-count // ACROSS), across * min(count, ACROSS), 4), np.uint8)
    channel_of = [0, 1, 2] if channels >= 3 else [0, 0, 0]
    for place, image in enumerate(images.astype(np.float32)):
        top, left = place // ACROSS * down, place % ACROSS * across
        tile = canvas[top : top + height, left : left + width]
        tile[..., :3] = np.round(255 * np.clip(np.nan_to_num(image[channel_of]), 0, 1)).transpose(1, 2, 0)
        tile[..., 3] = 0 if np.isnan(image).all() else 255
    return canvas


def _picture(pixels: np.ndarray) -> go.Image:
    return go.Image(z=pixels, colormodel="rgba", hoverinfo="skip")


def _short(label: object) -> str:
    return str(label) if len(str(label)) <= 9 else f"{str(label)[:8]}…"


def _bare(figure: go.Figure, height: int) -> go.Figure:
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return _calm(figure, height)


def _calm(figure: go.Figure, height: int) -> go.Figure:
    """Room for titles, a legend above, no dragging."""
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return figure.update_layout(height=height, margin={"l": 8, "r": 8, "t": 48, "b": 8}, legend=legend, dragmode=False)
