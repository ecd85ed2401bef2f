"""What a table's target asks for: classes or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.datasets import columns
from engine.datasets.columns import Column
from engine.datasets.dataset import DatasetError
from engine.datasets.table_file import NAME_LIMIT, shown

if TYPE_CHECKING:
    import pandas as pd

CLASS_LIMIT = 100
COMMON = 0.9  # a class with this share of the rows is worth a word
FEW_NUMBERS = 20  # so many different whole numbers are taken for classes
TASKS = ("classification", "regression")
HOLDS = {"number": "numbers", "boolean": "truth values", "category": "texts"}


@dataclass(frozen=True)
class Target:
    """The target of every row that has one: int64 classes (rows,) with their names, or float64 numbers (rows, 1)."""

    column: Column
    task: str
    values: np.ndarray
    classes: list[str]


def read_target(column: pd.Series, task: str | None) -> Target:
    """The target from `columns.simplified`; without `task`, texts, truth values and few whole numbers are classes.

    Raises DatasetError where it can be neither.
    """
    present = column.dropna()
    name = f"The target {shown(str(column.name))}"
    kind = columns.kind_of(present)
    if len(present) < 2:
        raise DatasetError(f"{name} has a value in {len(present)} of {len(column):,} rows: at least two are needed.")
    if kind not in HOLDS:
        told = "dates" if kind == "date" else "neither numbers nor texts"
        raise DatasetError(f"{name} holds {told}: choose a column of numbers or of classes.")
    distinct = int(present.nunique())
    if distinct == 1:
        raise DatasetError(f"{name} has the same value in every row: there is nothing to learn.")
    task = task or _task(present, kind, distinct)
    classes: list[str] = []
    if task == "classification":
        _check_classes(name, kind, distinct)
        values, classes = columns.classes(present)
        if max(map(len, classes)) > NAME_LIMIT:
            raise DatasetError(f"{name} holds texts of more than {NAME_LIMIT} characters: choose a column of classes.")
    elif kind == "number":
        values = present.to_numpy(np.float64, copy=True)[:, np.newaxis]
    else:
        raise DatasetError(f"{name} holds {HOLDS[kind]}{_comma(present)}: regression needs numbers.")
    treatment = f"The target, {distinct:,} different {HOLDS[kind]}: {task}."
    missing = len(column) - len(present)
    return Target(Column(str(column.name), kind, missing, distinct, 0, treatment), task, values, classes)


def last_target(frame: pd.DataFrame, task: str | None) -> str:
    """The name of the last column that can be a target. Raises DatasetError, about the last of all, without one."""
    refusals = []
    for name in reversed(frame.columns):
        try:
            read_target(columns.simplified(frame[name]), task)
        except DatasetError as error:
            refusals.append(error)
        else:
            return name
    raise refusals[0]


def notes(target: Target) -> tuple[str, ...]:
    """What a person should know of a target before training: one sentence each."""
    told = []
    if target.column.missing:
        told.append(f"{target.column.missing:,} rows without a target are left out.")
    if target.task == "classification":
        counts = np.bincount(target.values)
        rare, common = (shown(target.classes[int(place)]) for place in (counts.argmin(), counts.argmax()))
        share = counts.max() / len(target.values)
        if counts.min() == 1:
            told.append(f"The class {rare} has one example, so that the split cannot keep the shares of the classes.")
        if share >= COMMON:
            told.append(
                f"The class {common} is {int(100 * share)}% of the rows: whoever always says that is right as often."
            )
    return tuple(told)


def _task(present: pd.Series, kind: str, distinct: int) -> str:
    many = kind == "number" and (distinct > FEW_NUMBERS or (present % 1 != 0).any())
    return "regression" if many else "classification"


def _check_classes(name: str, kind: str, distinct: int) -> None:
    if distinct > CLASS_LIMIT:
        told = f"{name} has {distinct:,} different values, and classification takes at most {CLASS_LIMIT}"
        raise DatasetError(f"{told}: choose {'regression' if kind == 'number' else 'another target'}.")


def _comma(present: pd.Series) -> str:
    return " with decimal commas" if columns.has_decimal_commas(present) else ""
