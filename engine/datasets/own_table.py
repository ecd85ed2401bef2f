"""A person's own table as the command line, a link and the form name it: a file, and what it is to be used for."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.config import ConfigError, Problem
from engine.datasets import uploads
from engine.datasets.catalogue import DATASETS, DatasetError
from engine.datasets.columns import Column
from engine.datasets.table import Report, inspect
from engine.datasets.table_file import located, read

TABLE = "table"
CHOSEN = ("path", "sha256", "target", "task", "features")  # what a person says; all else is read from the file
ENDINGS = (".csv", ".tsv", ".txt", ".parquet")


def names_file(text: object) -> bool:
    """Whether what was given as a dataset is meant as the path of a file."""
    if not isinstance(text, str) or text in DATASETS:
        return False
    return "/" in text or text.lower().endswith(ENDINGS)


def completed(fields: Mapping[str, Any], store: Path) -> dict[str, Any]:
    """The config's fields, those of a table with all that its file tells; other fields stay as they are.

    The dataset may be the path of a file; then `target`, `task`, `features` and `sha256` may stand beside it. A table
    of which only the SHA-256 is said is looked for among the uploads of the `store`. Raises ConfigError.
    """
    found = dict(fields)
    options = found.get("dataset_options", {})
    if not isinstance(options, Mapping):
        return found
    if names_file(found.get("dataset")):
        options = {**options, "path": found["dataset"]}
        found["dataset"] = TABLE
    if found.get("dataset") != TABLE:
        return found
    options = {**options, **{name: found.pop(name) for name in CHOSEN if name in found}}
    known = options.keys() >= DATASETS[TABLE].options.keys()
    if options and not known:
        options = _read({name: options[name] for name in CHOSEN if options.get(name)}, store)
    return found | {"dataset_options": options}


def _read(said: Mapping[str, Any], store: Path) -> dict[str, Any]:
    """The complete options of the table that `said` names."""
    for name, value in said.items():
        option = DATASETS[TABLE].options[name]
        if not option.accepts(value):
            raise _refusal(f"{name}: {value!r} was given; allowed is {option.allowed()}.")
    try:
        path = said.get("path") or uploads.find(store, said.get("sha256", ""))
        options, _ = look(path, said.get("target"), said.get("features"), said.get("task"))
    except DatasetError as error:
        raise _refusal(str(error)) from None
    if said.get("sha256", options["sha256"]) != options["sha256"]:
        raise _refusal(f"{options['path']} is not the file with the SHA-256 {said['sha256'][:12]}…: it has changed.")
    return options


def _refusal(sentence: str) -> ConfigError:
    return ConfigError([Problem(field="dataset", sentence=f"dataset: {sentence}")])


def look(
    path: str, target: str | None = None, features: Sequence[str] | None = None, task: str | None = None
) -> tuple[dict[str, Any], Report]:
    """What engine.datasets.table.inspect says; the same question about an unchanged file is answered from memory.

    Raises DatasetError.
    """
    found = _looked(path, _stamp(path), target, tuple(features) if features else None, task)
    if isinstance(found, DatasetError):
        raise found.with_traceback(None)
    return found


def columns(path: str) -> tuple[list[str], str]:
    """The names of a table's columns, and the one that is taken for the target, "" where none can be.

    Raises DatasetError.
    """
    try:
        options, report = look(path)
        return [column.name for column in report.columns], options["target"]
    except DatasetError:
        return _names(path, _stamp(path)), ""


def _stamp(path: str) -> tuple[int, ...]:
    """What changes when the file does. Raises DatasetError."""
    try:
        stat = located(path).stat()
    except OSError:
        raise DatasetError(f"There is no file {path}.") from None  # any more
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=4)
def _names(path: str, stamp: tuple[int, ...]) -> list[str]:
    return [str(name) for name in read(located(path))[0].columns]


@lru_cache(maxsize=32)
def _looked(
    path: str, stamp: tuple[int, ...], target: str | None, features: tuple[str, ...] | None, task: str | None
) -> tuple[dict[str, Any], Report] | DatasetError:
    try:
        return inspect(path, target, features, task)
    except DatasetError as error:
        return error


def summary(options: Mapping[str, Any], report: Report) -> str:
    """How large the table is and what is learned from it, in one sentence."""
    used, inputs = len(options["features"]), sum(options["widths"])
    out = len(report.columns) - 1 - used
    left = f"; {out:,} {'is' if out == 1 else 'are'} not used" if out else ""
    columns = "column becomes" if used == 1 else "columns become"
    return (
        f"{options['examples']:,} rows with a target; {used:,} {columns} "
        f"{inputs:,} {'input' if inputs == 1 else 'inputs'}{left}."
    )


def becomes(column: Column, options: Mapping[str, Any]) -> str:
    """What becomes of a column, in one sentence."""
    chosen = column.name in options["features"] or not column.width
    return column.treatment if chosen else "Not chosen."
