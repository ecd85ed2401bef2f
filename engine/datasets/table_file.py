"""Reading a person's own table, CSV or Parquet, with one sentence for whatever is wrong with the file."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
from decimal import Decimal
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.datasets.dataset import DatasetError

if TYPE_CHECKING:
    import pandas as pd

SIZE_LIMIT = 250_000_000  # bytes
CELL_LIMIT = 100_000_000  # rows times columns, 0.8 GB of numbers
COLUMN_LIMIT = 2000
NAME_LIMIT = 200  # characters
SAMPLE = 1 << 20  # bytes that must hold the first line
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def shown(name: str) -> str:
    """Untrusted text for a sentence: quoted, on one line, not too long."""
    line = "".join(character if character.isprintable() else " " for character in name)
    return f"“{line if len(line) <= 60 else line[:59] + '…'}”"


def located(path: str | Path) -> Path:
    """The absolute path of a file that may be read. Raises DatasetError."""
    try:
        found = Path(path).expanduser().absolute()
    except RuntimeError:  # ~somebody who has no home here
        raise DatasetError(f"There is no file {shown(str(path))}.") from None
    try:
        size = found.stat().st_size if found.is_file() else None
    except OSError as error:
        raise DatasetError(f"{found} cannot be read ({_why(error)}).") from None
    if size is None:
        raise DatasetError(f"There is no file {found}.")
    if size > SIZE_LIMIT:
        raise DatasetError(f"{found.name} has {size:,} bytes, and at most {SIZE_LIMIT:,} are read: take fewer rows.")
    return found


def digest(path: Path) -> str:
    """The SHA-256 of the file's bytes. Raises DatasetError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({_why(error)}).") from None


def read(path: Path) -> tuple[pd.DataFrame, str]:
    """The table, and how its file was understood. Columns hold numbers, truth values, texts, dates or objects.

    A file that ends with .parquet is read as Parquet, every other as CSV in UTF-8. Raises DatasetError.
    """
    try:
        return _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({_why(error)}).") from None


def _why(error: OSError) -> str:
    """The system's words; a reader of Parquet has only its own."""
    return error.strerror or (str(error).strip().splitlines() or ["no reason is given"])[0].rstrip(".")


def _csv(path: Path) -> tuple[pd.DataFrame, str]:
    import pandas as pd

    try:
        separator = _separator(path)
        names = _checked(path, separator)
        frame = pd.read_csv(
            path,
            sep=separator,
            names=names,
            header=0,
            index_col=False,
            encoding="utf-8-sig",
            low_memory=False,  # else the type of a column may change on the way
        )
    except (pd.errors.ParserError, csv.Error) as error:
        raise DatasetError(f"{path.name} is no readable CSV ({str(error).strip().split('C error: ')[-1]}).") from None
    return frame, f"Fields are separated by {SEPARATORS[separator]}."


def _separator(path: Path) -> str:
    """The separator that gives the first rows the same number of fields, and most of them."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    text = sample.decode("utf-8-sig", errors="replace")
    if not text.strip():
        raise DatasetError(f"{path.name} is empty.")
    if b"\0" in sample:
        raise DatasetError(f"{path.name} is not text: save the table as CSV in UTF-8, or as .parquet.")
    if len(sample) == SAMPLE:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]  # the last line may be cut
        if not text.strip():
            raise DatasetError(f"The first line of {path.name} has more than {SAMPLE:,} bytes: it names no columns.")
    return max(SEPARATORS, key=lambda separator: _fit(text, separator))


def _fit(text: str, separator: str) -> tuple[bool, int]:
    rows = islice(csv.reader(StringIO(text, newline=""), delimiter=separator), 1000)
    widths = [len(row) for row in rows if row]
    return widths[0] > 1 and len(set(widths)) == 1, widths[0]


def _checked(path: Path, separator: str) -> list[str]:
    """The names of the columns, once every row is known to have as many fields as they are."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=separator)
        names: list[str] = []
        count = 0
        try:
            for row in filter(None, rows):
                count += 1
                if not names:
                    names = _named(path, row)
                elif len(row) != len(names):
                    told = f"Line {rows.line_num:,} of {path.name} has {_fields(len(row))}, the first has {len(names)}"
                    raise DatasetError(f"{told}: every row needs as many.")
        except UnicodeDecodeError:
            told = f"{path.name} is not in UTF-8 (line {_undecodable(path):,})"
            raise DatasetError(f"{told}: save it again with that encoding.") from None
    _check_size(path, count - 1, len(names))
    return names


def _undecodable(path: Path) -> int:
    """The number of the first line that is not UTF-8: the file is decoded in larger pieces than lines."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 0


def _fields(count: int) -> str:
    return "one field" if count == 1 else f"{count:,} fields"


def _named(path: Path, given: list[str]) -> list[str]:
    """The names, each its own; one that is empty gets a number."""
    names = [name.strip() or f"column {place}" for place, name in enumerate(given, start=1)]
    if len(names) < 2:
        raise DatasetError(f"{path.name} has one column: a table needs a target and at least one other column.")
    if len(names) > COLUMN_LIMIT:
        raise DatasetError(f"{path.name} has {len(names):,} columns, and at most {COLUMN_LIMIT:,} are read.")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DatasetError(f"Two columns of {path.name} are called {shown(name)}: give each a name of its own.")
        if len(name) > NAME_LIMIT:
            told = f"{path.name} calls a column {shown(name)}"
            raise DatasetError(f"{told}: a name may have {NAME_LIMIT} characters, and the first line holds the names.")
        seen.add(name)
    return names


def _check_size(path: Path, rows: int, columns: int) -> None:
    if rows < 1:
        raise DatasetError(f"{path.name} has names of columns, but no rows.")
    if rows * columns > CELL_LIMIT:
        told = f"{path.name} has {rows:,} rows of {columns:,} columns"
        raise DatasetError(f"{told}, and at most {CELL_LIMIT:,} cells are read: take fewer rows.")


def _parquet(path: Path) -> tuple[pd.DataFrame, str]:
    if importlib.util.find_spec("pyarrow") is None:
        raise DatasetError(f"{path.name} needs the package pyarrow to be read: install it, or save the table as CSV.")
    import pandas as pd
    import pyarrow
    from pyarrow import parquet

    try:
        about = parquet.read_metadata(path)
        names = _named(path, [str(name) for name in about.schema.to_arrow_schema().names])
        _check_size(path, about.num_rows, len(names))
        frame = pd.read_parquet(path, engine="pyarrow")
    except pyarrow.ArrowException as error:
        raise DatasetError(f"{path.name} is no readable Parquet file ({str(error).splitlines()[0]}).") from None
    frame.columns = _named(path, [str(name) for name in frame.columns])
    return pd.DataFrame({name: _plain(frame[name]) for name in frame}), "The file is Parquet."


def _plain(column: pd.Series) -> pd.Series:
    """Dictionaries and decimals as the values that they stand for."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object).infer_objects()
    present = column.dropna()
    if column.dtype == object and len(present) and isinstance(present.iloc[0], Decimal):
        return column.astype(np.float64)
    return column
