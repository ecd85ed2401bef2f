"""What a column of a table holds, whether it can be learned from, and how it becomes numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.datasets.table_file import shown

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["number", "boolean", "category", "date", "empty", "other"]
CATEGORY_LIMIT = 50  # words of one column, its missing values counted as one more
DATE = re.compile(r"(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})([T ]\d.*)?")
DECIMAL_COMMA = re.compile(r"[+-]?[\d.]*\d,\d+")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


OUT = "Left out: "
LEFT_OUT: dict[Kind, str] = {
    "empty": f"{OUT}it holds no value",
    "other": f"{OUT}it holds neither numbers nor truth values nor texts",
    "date": f"{OUT}it holds dates, so give a number instead, such as days since a beginning",
}


@dataclass(frozen=True)
class Column:
    """One column as it is read: `width` is how many inputs it becomes, 0 where it cannot be learned from."""

    name: str
    kind: Kind
    missing: int  # rows without a value; an infinite one counts as none
    distinct: int
    width: int
    treatment: str  # one sentence for a person: what becomes of it


def simplified(column: pd.Series) -> pd.Series:
    """The column with numbers as float64, infinite ones missing, and truth values with gaps or among texts as texts."""
    import pandas as pd
    from pandas.api import types

    if types.is_bool_dtype(column):
        return column.map(str, na_action="ignore").astype("str") if column.hasnans else column
    if types.is_numeric_dtype(column) and not types.is_complex_dtype(column):
        numbers = column.to_numpy(np.float64, na_value=np.nan)
        return pd.Series(np.where(np.isfinite(numbers), numbers, np.nan), index=column.index, name=column.name)
    if column.dtype == object and all(isinstance(value, str | bool | np.bool_) for value in column.dropna()):
        return column.map(str, na_action="ignore").astype("str")
    return column


def kind_of(column: pd.Series) -> Kind:
    """What a column from `simplified` holds."""
    from pandas.api import types

    values = column.dropna()
    if values.empty:
        return "empty"
    if types.is_bool_dtype(column):
        return "boolean"
    if types.is_float_dtype(column):
        return "number"
    if types.is_datetime64_any_dtype(column) or isinstance(values.iloc[0], date):
        return "date"
    if not types.is_string_dtype(column.dtype) or column.dtype == object:
        return "other"
    return "date" if all(DATE.fullmatch(value) for value in values.unique()) else "category"


def describe(column: pd.Series) -> Column:
    """What becomes of a column of inputs, from `simplified`."""
    kind = kind_of(column)
    missing = int(column.isna().sum())
    distinct = 0 if kind in ("empty", "other") else int(column.nunique())
    categories = distinct + (kind == "category" and missing > 0)
    width, treatment = 0, LEFT_OUT.get(kind, "")
    if not treatment and categories == 1:
        treatment = f"{OUT}it has the same value in every row"
    elif kind == "category" and categories > CATEGORY_LIMIT:
        gaps = " and gaps" if missing else ""
        treatment = f"{OUT}it holds {distinct:,} different texts{gaps}, and at most {CATEGORY_LIMIT} become inputs"
    elif not treatment:
        width = categories if kind == "category" else 1
        treatment = _treatment(kind, missing, width)
    return Column(str(column.name), kind, missing, distinct, width, f"{treatment}{_hint(column, kind)}.")


def _treatment(kind: Kind, missing: int, width: int) -> str:
    if kind == "boolean":
        return "False becomes 0 and true 1"
    if kind == "category":
        own = f", of which missing, in {missing:,} rows, is one" if missing else ""
        return f"One input for each of {width} categories{own}"
    filled = f"; {missing:,} missing or infinite values become the median of the training rows" if missing else ""
    return f"Brought to mean 0 and standard deviation 1 by the training rows{filled}"


def _hint(column: pd.Series, kind: Kind) -> str:
    """What a person may have meant otherwise."""
    if kind == "number" and len(column) >= 10 and (column.diff().iloc[1:] == 1).all():
        return "; it counts the rows, so leave it out unless that means something"
    if kind != "category":
        return ""
    if has_decimal_commas(column):
        return "; numbers with decimal commas are read as texts, so write them with a point"
    words = _words(column)
    strange = [word for word in words if not NUMBER.fullmatch(word)]
    if strange and 2 * len(strange) <= len(words):
        return f"; it holds numbers and texts such as {shown(strange[0])}, so leave a missing value empty"
    return ""


def has_decimal_commas(column: pd.Series) -> bool:
    """Whether the texts of the column are numbers such as 1,5."""
    words = _words(column)
    return bool(words) and all(DECIMAL_COMMA.fullmatch(word) for word in words)


def _words(column: pd.Series) -> list[str]:
    """Enough of the different texts to judge by."""
    return [value.strip() for value in column.dropna().unique()[:1000]]


def encode(column: pd.Series, described: Column) -> np.ndarray:
    """The inputs (rows, width) of a column from `simplified`, float64; a missing number stays NaN.

    Categories come in the order of their characters, missing ones last.
    """
    if described.kind == "number":
        return column.to_numpy(np.float64)[:, np.newaxis]
    if described.kind == "boolean":
        return column.to_numpy(bool).astype(np.float64)[:, np.newaxis]
    codes, _ = classes(column)
    return np.eye(described.width)[codes]  # a missing one is -1, so its place is the last


def classes(column: pd.Series) -> tuple[np.ndarray, list[str]]:
    """The class of each row, int64, and the classes' names in order: of their values, or of their characters.

    A missing value has class -1.
    """
    values = column.dropna()
    if values.dtype == np.float64:
        distinct = np.sort(values.unique())
        codes = np.searchsorted(distinct, column.to_numpy(np.float64)).astype(np.int64)
        return np.where(column.isna(), -1, codes), [_written(value) for value in distinct.tolist()]
    words = column if values.dtype != bool else column.map(str)
    names = sorted(words.dropna().unique().tolist())
    place = {name: number for number, name in enumerate(names)}
    return words.map(place).fillna(-1).to_numpy(np.int64), names


def _written(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
