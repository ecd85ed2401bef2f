"""The list of runs as a table: a row for each, numbers as numbers, so that it can be sorted."""

from collections.abc import Callable, Sequence
from datetime import datetime

import pandas as pd

from engine.charts.words import together
from engine.config import FRAMEWORKS, NAMES
from engine.runs import SideStatus
from engine.store.labels import shown
from engine.store.run_rows import Row

METRICS = {"train_loss": "train loss", "validation_loss": "validation loss", "validation_accuracy": "accuracy"}
FINAL = {(side, metric): f"{NAMES[side]} {title}" for metric, title in METRICS.items() for side in FRAMEWORKS}


def table(rows: Sequence[Row], moment: Callable[[str], datetime | None]) -> pd.DataFrame:
    """Name, state, what was asked for and what came out; `moment` says when a run was made, by its id.

    Losses and accuracies are those of the end, NaN where there is none or where it was not finite.
    """
    columns = {
        "Run": [shown(row.name) or f"{row.network} on {row.dataset}" if row.network else row.run for row in rows],
        "Status": [state(row) for row in rows],
        "Made": [moment(row.run) for row in rows],
        "Network": [row.network for row in rows],
        "Data": [row.dataset for row in rows],
        "Policy": [row.policy for row in rows],
    }
    for (side, metric), title in FINAL.items():
        columns[title] = [_number(row.final.get(side, {}).get(metric)) for row in rows]
    columns |= {
        "Optimizer": [row.optimizer for row in rows],
        "Learning rate": [row.learning_rate or None for row in rows],
        "Batch": [row.batch_size or None for row in rows],
        "Epochs": [row.epochs or None for row in rows],
        "Seed": [None if row.trouble else row.seed for row in rows],
        "Duration, s": [row.seconds for row in rows],
        "Tags": [[shown(tag, "longest tag") for tag in row.tags] for row in rows],
        "Note": [shown(row.note, "note") for row in rows],
        "MB": [None if row.bytes is None else row.bytes / 1e6 for row in rows],
        "Id": [row.run for row in rows],
    }
    return pd.DataFrame(columns)


def state(row: Row) -> str:
    """What the run does, in a word or two."""
    if row.trouble:
        return "Unreadable"
    return together({side: SideStatus(word) for side, word in row.words.items()})


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
