"""Your own table: what can be learned from it, and its rows as numbers. The file never leaves the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.datasets import columns
from engine.datasets.columns import Column
from engine.datasets.dataset import Dataset, DatasetError, Form, Option, Options, Rows, Scaling
from engine.datasets.table_file import CELL_LIMIT, COLUMN_LIMIT, NAME_LIMIT, digest, located, read, shown
from engine.datasets.targets import CLASS_LIMIT, TASKS, last_target, notes, read_target

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Report:
    """What a person should know about a table before training on it; names come from the file: show them as text.

    `columns` has all columns in the file's order, the target among them; `notes` are sentences.
    """

    rows: int
    dropped: int  # rows without a target
    columns: tuple[Column, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Table:
    """The rows that have a target: inputs by name, targets, and what a config stores and a person reads of them."""

    inputs: dict[str, pd.Series]
    targets: np.ndarray
    options: dict[str, Any]
    report: Report


def inspect(
    path: str, target: str | None = None, features: Sequence[str] | None = None, task: str | None = None
) -> tuple[dict[str, Any], Report]:
    """Read a table; returns the complete options that a config stores of it, JSON-able, and a report.

    Without `target`, the last column that can be one; without `features`, all columns that can be learned from, while
    one that is asked for and cannot be is an error. A target of texts, truth values or at most 20 different whole
    numbers means classification, another one regression, unless `task` says otherwise. Raises DatasetError.
    """
    found = located(path)
    sha256 = digest(found)
    frame, note = read(found)
    told = [note]
    if target is None:
        target = last_target(frame, task)
        told.append(f"The target is {shown(target)}, the last column that can be one.")
    table = _understand(frame, target, features, task)
    report = replace(table.report, notes=(*told, *table.report.notes))
    return {"path": str(found), "sha256": sha256, **table.options}, report


def absent(options: Options) -> str:
    """One sentence where the file is gone or has changed since it was chosen; empty otherwise."""
    try:
        found = located(options["path"])
        if digest(found) == options["sha256"]:
            return ""
    except DatasetError as error:
        return str(error)
    return _changed(found)


def _changed(path: Path) -> str:
    return f"{path} has changed since it was chosen: choose it again."


def make(seed: int, path: str, sha256: str, target: str, task: str, features: Sequence[str], **stored: Any) -> Rows:
    """The rows of the file that has this SHA-256: inputs (rows, widths' sum), where a missing number is NaN.

    Raises DatasetError, also where what else is `stored` about the file does not fit it.
    """
    found = located(path)
    if digest(found) != sha256:
        raise DatasetError(_changed(found))
    frame, _ = read(found)
    wanted = {target, *features}
    table = _understand(frame[[name for name in frame if name in wanted]], target, features, task)
    given = {"target": target, "task": task, "features": features, **stored}
    if {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()} != table.options:
        raise DatasetError(f"What was stored about {found} does not fit it: choose it again.")
    inputs = np.empty((len(table.targets), sum(table.options["widths"])))
    place = 0
    for column in (column for column in table.report.columns if column.width):
        inputs[:, place : place + column.width] = columns.encode(table.inputs[column.name], column)
        place += column.width
    return inputs, table.targets


def _understand(frame: pd.DataFrame, target: str, features: Sequence[str] | None, task: str | None) -> _Table:
    """What both `inspect` and `make` make of a table. Raises DatasetError."""
    _check_names(frame, target, features, task)
    column = columns.simplified(frame[target])
    goal = read_target(column, task)
    inputs = {name: columns.simplified(frame[name][column.notna()]) for name in frame if name != target}
    described = {name: columns.describe(column) for name, column in inputs.items()}
    used = _used(described, features)
    _check_size(len(goal.values), used)
    options = {
        "target": target,
        "task": goal.task,
        "features": [column.name for column in used],
        "kinds": [column.kind for column in used],
        "widths": [column.width for column in used],
        "classes": goal.classes,
        "examples": len(goal.values),
    }
    every = tuple(goal.column if name == target else described[name] for name in frame)
    return _Table(inputs, goal.values, options, Report(len(frame), goal.column.missing, every, notes(goal)))


def _check_names(frame: pd.DataFrame, target: str, features: Sequence[str] | None, task: str | None) -> None:
    if task not in (None, *TASKS):
        raise DatasetError(f"{shown(str(task))} is no task: choose {' or '.join(TASKS)}.")
    for name in (target, *(features or ())):
        if name not in frame:
            raise DatasetError(f"There is no column {shown(name)} in the table.")
    if features is not None and (not features or target in features):
        raise DatasetError(f"Choose at least one column to learn from, and not the target {shown(target)}.")


def _used(described: dict[str, Column], features: Sequence[str] | None) -> list[Column]:
    """The columns to learn from, in the file's order."""
    for name in features or ():
        if not described[name].width:
            raise DatasetError(_why(described[name]))
    used = [column for name, column in described.items() if column.width and (features is None or name in features)]
    if not used:
        raise DatasetError(f"No column is left to learn from: {_why(next(iter(described.values())))}")
    return used


def _why(unused: Column) -> str:
    return f"{shown(unused.name)} cannot be learned from, for {unused.treatment.removeprefix(columns.OUT)}"


def _check_size(rows: int, used: list[Column]) -> None:
    width = sum(column.width for column in used)
    if rows * width > CELL_LIMIT or width > COLUMN_LIMIT:
        told = f"{rows:,} rows become {width:,} inputs each, and at most {COLUMN_LIMIT:,}"
        raise DatasetError(f"{told} and {CELL_LIMIT:,} in all are taken: choose fewer columns, or take fewer rows.")


def _stored(options: Options) -> Options:
    """The options, once they are known to belong together. Raises DatasetError."""
    features, kinds, widths = options["features"], options["kinds"], options["widths"]
    if not options["path"]:
        raise DatasetError("No table is chosen: choose a CSV or Parquet file first.")
    fits = len(features) == len(kinds) == len(widths) > 0 and min(widths) > 0
    if not fits or (options["task"] == "classification") != (len(options["classes"]) > 1):
        raise DatasetError(f"What was stored about {options['path']} does not fit together: choose it again.")
    return options


def _form(options: Options) -> Form:
    stored = _stored(options)
    outputs = len(stored["classes"]) or 1
    return Form("vector", (sum(stored["widths"]),), stored["task"], outputs, stored["examples"])


def _scaling(options: Options) -> Scaling:
    stored = _stored(options)
    starts = np.cumsum([0, *stored["widths"]]).tolist()
    numbers = tuple(start for start, kind in zip(starts, stored["kinds"], strict=False) if kind == "number")
    return Scaling(numbers, targets=stored["task"] == "regression")


DATASETS = (
    Dataset(
        "table",
        "Your own table",
        "A CSV or Parquet file of your own, which stays where it is: the run stores its path, its SHA-256, the names "
        "of its columns and those of the classes.",
        _form,
        make,
        {
            "path": Option("", 1, 4096, "Path of the file on this machine.", kind="text"),
            "sha256": Option("", 64, 64, "SHA-256 of the file, so that a changed one is noticed.", kind="text"),
            "target": Option("", 1, NAME_LIMIT, "The column to predict.", kind="text"),
            "task": Option("classification", help="What the target asks for.", choices=TASKS, kind="choice"),
            "features": Option((), 1, COLUMN_LIMIT, "The columns to learn from.", kind="texts"),
            "kinds": Option((), 1, COLUMN_LIMIT, "What each of them holds.", kind="texts"),
            "widths": Option((), 1, COLUMN_LIMIT, "How many inputs each of them becomes.", kind="numbers"),
            "classes": Option((), 0, CLASS_LIMIT, "The names of the classes.", kind="texts"),
            "examples": Option(2, 2, CELL_LIMIT, "Number of rows that have a target."),
        },
        labels=lambda options: tuple(options["classes"]),
        features=lambda options: tuple(options["features"]),
        scaling=_scaling,
        absent=absent,
    ),
)
