"""A comparison to take away: its raw values as CSV, and all of it as one HTML page that needs nothing else."""

import csv
import io
import json
from collections.abc import Mapping, Sequence

import pandas as pd

from engine.charts.comparison import TITLES, Line, figure, places, points
from engine.charts.experiment_words import name_of
from engine.charts.series import Side
from engine.charts.speed_page import Part, html
from engine.charts.words import count
from engine.comparison import X_AXES, Asked
from engine.config import NAMES, RunConfig

COLUMNS = ("run", "name", "framework", "metric", *X_AXES, "value")


def as_csv(
    asked: Asked, configs: Mapping[str, RunConfig], sides: Mapping[str, Mapping[str, Side]], labels: Mapping[str, str]
) -> str:
    """Every raw value of the metric, not smoothed, with its place on each axis; empty where it was not finite."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(COLUMNS)
    for run, config in configs.items():
        for name in asked.sides:
            side = sides[run].get(name)
            if side is None:
                continue
            steps, values = points(side, asked.metric, "step", config.batch_size)
            axes = [places(side, steps.astype(int), axis, config.batch_size) for axis in X_AXES]
            for place, value in enumerate(values):
                told = [f"{axis[place]:.10g}" for axis in axes]
                table.writerow(
                    [run, labels[run], name, asked.metric, *told, "" if value != value else repr(float(value))]
                )
    return file.getvalue()


def as_page(
    asked: Asked,
    configs: Mapping[str, RunConfig],
    drawn: Sequence[Line],
    labels: Mapping[str, str],
    differences: pd.DataFrame,
) -> str:
    """The figure, what differs between the runs, and each run's config; to be read, and not to be changed."""
    made = figure(asked, drawn)
    what = f"{name_of(asked.metric).split(',')[0]} over {TITLES[asked.x].lower()}"
    sentences = [f"{what} of {count(len(configs), 'run')}.", *notes(asked, drawn)]
    parts = [
        Part("Curves", [], None, made, f"{asked.metric} of {len(drawn)} lines"),
        Part("At the end", ["The last value of each line, with the 95 % interval of the mean."], ends(asked, drawn)),
        Part("What differs", [], differences),
    ]
    raw = {
        "asked": {**vars(asked), "runs": list(configs)},
        "configs": {run: json.loads(config.to_json()) for run, config in configs.items()},
        "names": dict(labels),
        "lines": [_told(line) for line in drawn],
    }
    words = "Each run's config, and each line in full as it was smoothed and averaged. Not one step is left out."
    return html("Comparison", sentences, parts, json.dumps(raw, allow_nan=False), "tandem-comparison", words)


def notes(asked: Asked, drawn: Sequence[Line]) -> list[str]:
    """How the lines were made, in sentences."""
    found = []
    if any(line.half is not None for line in drawn):
        found.append("A band is the 95 % Student-t interval of the mean over its n runs, at each place by itself.")
    if asked.smoothing:
        found.append(f"Smoothed by an exponential mean with weight {asked.smoothing:g}, without the pull of its start; "
                     "the curve as it was is faint behind it where it is one run's.")  # fmt: skip
    return found


def ends(asked: Asked, drawn: Sequence[Line]) -> pd.DataFrame:
    """Each line's last value."""
    rows = {f"{line.label} · {NAMES[line.side]}".strip(" ·"): _end(line) for line in drawn}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["n", "Value", "Interval", "At " + asked.x])


def _end(line: Line) -> tuple[str, str, str, str]:
    finite = [place for place, value in enumerate(line.mean) if value == value]
    if not finite:
        return str(len(line.runs)), "–", "–", "–"
    last = finite[-1]
    value, place = f"{line.mean[last]:.5g}", f"{line.x[last]:.6g}"
    if line.half is None:
        return "1", value, "–", place
    low, high = line.mean[last] - line.half[last], line.mean[last] + line.half[last]
    return str(len(line.runs)), value, f"{low:.5g} to {high:.5g}", place


def _told(line: Line) -> dict:
    def plain(values) -> list[float | None]:
        return [None if value != value else float(value) for value in values]

    half = None if line.half is None else plain(line.half)
    return {"label": line.label, "framework": line.side, "runs": list(line.runs), "x": plain(line.x),
            "mean": plain(line.mean), "half_width": half}  # fmt: skip
