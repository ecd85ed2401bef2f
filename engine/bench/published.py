"""A benchmark as one JSON file: made here, opened by another dashboard, and kept there under the hash of its bytes."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.bench import benchmark
from engine.bench.plan import Plan
from engine.bench.results import Results, ResultsError, results
from engine.config import ConfigError
from engine.runs import Store
from engine.system import HOST, write_whole

FORMAT, SCHEMA = "tandem benchmark", 1
FOLDER = "published"
LIMIT = 20  # MB
PUBLISHED_ID = re.compile(r"file-[0-9a-f]{16}")
MOST_LINES = 200_000
SMALLEST, LARGEST, DEEPEST = 1e-15, 1e18, 8


class PublishedError(ValueError):
    """A file that cannot be opened; the message is one sentence for a person."""


@dataclass(frozen=True)
class Measured:
    """A benchmark to be shown, of this store or from a file: its plan, its lines, and what they say."""

    id: str
    plan: Plan
    lines: tuple[Mapping[str, Any], ...]
    found: Results

    @property
    def from_file(self) -> bool:
        return bool(PUBLISHED_ID.fullmatch(self.id))

    @property
    def here(self) -> bool:
        """Whether it was measured on this machine; of a file nobody can know."""
        return not self.from_file and self.found.machine.get("host") == HOST

    def to_json(self) -> str:
        """The whole of it as one file's text: raw values first of all, and the certificate for who has no Tandem."""
        judged = self.found.certificate
        head = {
            "format": FORMAT,
            "schema_version": SCHEMA,
            "id": self.id,
            "plan": json.loads(self.plan.to_json()),
            "certificate": judged.as_json() if judged else None,
        }
        lines = ",\n".join(json.dumps(line) for line in self.lines)
        return f'{json.dumps(head, indent=1)[:-2]},\n "measurements": [\n{lines}\n]}}\n'


def of_store(store: Store, name: str) -> Measured:
    """A benchmark of this store, by its id. Raises StoreError and ResultsError."""
    log = benchmark.folder(store, name) / "measurements.jsonl"
    return _of_store(store, name, log.stat().st_size if log.exists() else 0)


@lru_cache(maxsize=16)
def _of_store(store: Store, name: str, size: int) -> Measured:
    """A log of the same size is read once: it only grows, and a page asks again and again."""
    plan, lines = benchmark.load(store, name), benchmark.lines(store, name)
    return Measured(name, plan, tuple(lines), results(plan, lines))


def keep(store: Store, content: bytes) -> str:
    """Keep a file that somebody published, unless it is here already; returns its id. Raises PublishedError."""
    name = f"file-{hashlib.sha256(content).hexdigest()[:16]}"
    _parsed(name, content)
    try:
        path = _path(store, name)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
    except OSError as error:
        raise PublishedError(f"The file could not be kept in {store.root}: {error.strerror}.") from None
    return name


def kept(store: Store) -> list[str]:
    """The ids of all files that were opened here, the newest first."""
    folder = store.root / benchmark.FOLDER / FOLDER
    paths = [path for path in folder.glob("file-*.json") if PUBLISHED_ID.fullmatch(path.stem)]
    return [path.stem for path in sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)]


def of_file(store: Store, name: str) -> Measured:
    """A file that was opened here, by its id. Raises PublishedError."""
    path = _path(store, name)
    if not path.is_file():
        raise PublishedError(f"The file {name[:40]!r} was not opened here: open it again.")
    return _of_file(path)


@lru_cache(maxsize=32)
def _of_file(path: Path) -> Measured:
    """The same file is read once: its name is its hash."""
    try:
        return _parsed(path.stem, path.read_bytes())
    except OSError as error:
        raise PublishedError(f"The file {path.stem} cannot be read: {error.strerror}.") from None


def forget(store: Store, name: str) -> None:
    """Remove a file that was opened here."""
    _path(store, name).unlink(missing_ok=True)


def _path(store: Store, name: str) -> Path:
    if not PUBLISHED_ID.fullmatch(name):
        raise PublishedError(f"There is no benchmark {name[:60]!r}.")
    return store.root / benchmark.FOLDER / FOLDER / f"{name}.json"


def _possible(value: Any, depth: int = 0) -> bool:
    """Whether every number is one that a clock, a counter or a memory can show, and nothing is nested without end."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return depth < DEEPEST and all(_possible(one, depth + 1) for one in inner)
    return not isinstance(value, int | float) or value == 0 or SMALLEST <= abs(value) <= LARGEST


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON.")


def _parsed(name: str, content: bytes) -> Measured:
    """What the file holds; every number that is shown is derived again from its lines."""
    if len(content) > LIMIT * 1_000_000:
        raise PublishedError(f"A benchmark's file has at most {LIMIT} MB.")
    try:
        told = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise PublishedError("This file is no JSON, or it is damaged.") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise PublishedError("This file is no benchmark of Tandem's: one has the format “tandem benchmark”.")
    if told.get("schema_version") != SCHEMA:
        raise PublishedError("This file was made by a newer Tandem: update this one to open it.")
    lines = told.get("measurements")
    if not isinstance(lines, list) or len(lines) > MOST_LINES or not _possible(lines):
        raise PublishedError("The measurements in this file are damaged.")
    if not all(isinstance(line, dict) for line in lines):
        raise PublishedError("The measurements in this file are damaged.")
    try:
        plan = Plan.from_json(json.dumps(told.get("plan")))
        return Measured(name, plan, tuple(lines), results(plan, lines))
    except (ConfigError, ResultsError) as error:
        raise PublishedError(f"This file is damaged. {error}") from None
