"""The tables of a comparison: what differs, and every raw value, as CSV and as JSON."""

import json

import pandas as pd

from engine.charts.comparison import Compared
from engine.config import FRAMEWORKS, NAMES
from engine.experiments.comparison import differing, equal_fields
from engine.quantities import count, metric

FORMAT, SCHEMA = "tandem comparison", 1
MOST_ROWS = 2_000_000  # of a CSV, which is made in memory
MOST_PAGE_ROWS = 300_000  # of an HTML page that a browser is to open


def runs_table(found: Compared) -> pd.DataFrame:
    """A row per run: the fields that differ, and the last value of each side's curve, raw."""
    last = {(each.run, each.side): metric(found.asked.y, float(each.values[-1])) for each in found.lines}
    rows = {}
    for run, values in differing(found.configs).items():
        rows[found.labels[run]] = values | {
            NAMES[side]: last.get((run, side), "–") for side in FRAMEWORKS if side in found.asked.sides
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("Run")


def sameness(found: Compared) -> str:
    """How many fields all runs agree in, in one sentence."""
    if len(found.configs) < 2:
        return ""
    apart = len(next(iter(differing(found.configs).values())))
    if not apart:
        return f"All {equal_fields(found.configs)} fields are the same."
    verb = "differs" if apart == 1 else "differ"
    return f"{count(apart, 'field')} {verb}; {equal_fields(found.configs)} are the same."


def rows(found: Compared) -> int:
    """How many rows the CSV has."""
    return sum(len(each.values) for each in found.lines)


def raw_table(found: Compared) -> pd.DataFrame:
    """A row per raw point, not smoothed: run, its name, side, the fields that differ, metric, step, position, value."""
    apart, asked = differing(found.configs), found.asked
    frames = [
        pd.DataFrame(
            {"run": each.run, "name": found.names[each.run], "side": each.side}
            | {**apart[each.run], "metric": asked.y, "step": each.steps}
            | ({asked.x: each.x} if asked.x != "step" else {})
            | {"value": each.values}
        )
        for each in found.lines
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def raw_csv(found: Compared) -> str:
    """The raw table as CSV, every digit kept; a value that was not finite is empty."""
    return raw_table(found).to_csv(index=False, lineterminator="\n")


def raw_json(found: Compared, curves_too: bool = True) -> str:
    """The raw curves and the whole configs as one JSON text; a value that was not finite is null."""
    curves = [
        {
            "run": each.run,
            "side": each.side,
            "status": each.word,
            "steps": each.steps.tolist(),
            found.asked.x: each.x.tolist(),
            "values": [value if value == value else None for value in each.values.tolist()],
        }
        for each in (found.lines if curves_too else ())
    ]
    head = {"format": FORMAT, "schema_version": SCHEMA, "asked": found.asked.parameters(), "metric": found.asked.y}
    configs = {run: json.loads(config.model_dump_json()) for run, config in found.configs.items()}
    return json.dumps({**head, "configs": configs, "curves": curves}, allow_nan=False)
