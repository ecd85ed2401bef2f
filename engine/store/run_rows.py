"""One row for each run, for a list of thousands. Rows of runs that have ended are kept in an index beside the runs.

The index is a copy: it is made again from the runs where it is missing, damaged or older than they are.
"""

import contextlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine import events
from engine.logs import last_events
from engine.runs import RunNotFound, SideStatus, Store, StoreError

INDEX = "index.sqlite"
SHAPE = 1  # of a row; an index of another one is made anew
STARTS = (events.Launched,)
ENDS = (*events.LAST_WORDS, events.Lost, events.Cancelled)


@dataclass(frozen=True)
class Row:
    """A run as a list shows it. `final` is by side and metric, `trouble` why the run cannot be read."""

    run: str
    made: float = 0.0
    network: str = ""
    dataset: str = ""
    policy: str = ""
    optimizer: str = ""
    learning_rate: float = 0.0
    batch_size: int = 0
    epochs: int = 0
    seed: int = 0
    words: Mapping[str, str] = field(default_factory=dict)
    final: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    seconds: float | None = None  # from the first start to the last end, pauses included
    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    bytes: int | None = None  # on the disk; None while it trains
    trouble: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing of it will change by itself."""
        return bool(self.words) and all(SideStatus(word).ended for word in self.words.values())


CONFIGURED = ("network", "dataset", "policy", "optimizer", "learning_rate", "batch_size", "epochs", "seed")


class RunRows:
    """The rows of one store, for any number of threads."""

    def __init__(self, store: Store):
        self._store, self._lock = store, threading.Lock()
        self._known: dict[str, tuple[str, Row]] | None = None  # of runs that have ended, each with its stamp

    def rows(self) -> list[Row]:
        """All runs, newest first. Raises StoreError where the store cannot be read."""
        with self._lock:
            if self._known is None:
                self._known = _read_index(self._store.root)
            found, new = [], {}
            for run in self._store.runs():
                stamp = _stamp(self._store.root, run)
                known = self._known.get(run)
                if known and known[0] == stamp:
                    found.append(known[1])
                    continue
                try:
                    row = row_of(self._store, run)
                except RunNotFound:
                    continue
                found.append(row)
                if row.ended:
                    new[run] = stamp, row
            self._known |= new
            gone = self._known.keys() - {row.run for row in found}
            for run in gone:
                del self._known[run]
            if new or gone:
                _write_index(self._store.root, new, gone)
            return found

    def changed(self, runs: Iterable[str]) -> None:
        """Read these again: their files are others, and their events the same."""
        with self._lock:
            known = self._known or {}
            for run in runs:
                known.pop(run, None)


def row_of(store: Store, run: str) -> Row:
    """The row of one run, from its files. Raises RunNotFound."""
    made = store.made(run)
    try:
        config, statuses = store.config(run), store.status(run)
        own = store.read(run)[0]
        lasts = {side: last_events(store.log(run, side), (events.Steps, events.Epoch, *ENDS)) for side in statuses}
    except RunNotFound:
        raise
    except (StoreError, ValueError, OSError) as error:
        return Row(run, made, trouble=str(error))
    label = next((event for event in reversed(own) if isinstance(event, events.Labelled)), None)
    row = Row(
        run,
        made,
        **{name: getattr(config, name) for name in CONFIGURED},
        words={side: status.word for side, status in statuses.items()},
        final={side: _final(told) for side, told in lasts.items()},
        name=label.name if label else "",
        tags=tuple(label.tags) if label else (),
        note=label.note if label else "",
    )
    if not row.ended:
        return row
    starts = [event.time for event in own if isinstance(event, STARTS)]
    told = [*own, *(event for last in lasts.values() for event in last.values())]
    stops = [event.time for event in told if isinstance(event, ENDS)]
    seconds = max(stops) - min(starts) if starts and stops else None
    return Row(**vars(row) | {"seconds": seconds, "bytes": size_of_folder(store.root / run)})


def _final(told: Mapping[type, events.Event]) -> dict[str, float | None]:
    """The training loss of the last step and the validation metrics of the last epoch, as the log has them."""
    steps, epoch = told.get(events.Steps), told.get(events.Epoch)
    found: dict[str, float | None] = {}
    if isinstance(steps, events.Steps) and steps.losses:
        found["train_loss"] = steps.losses[-1]
    return found | (dict(epoch.metrics) if isinstance(epoch, events.Epoch) else {})


def size_of_folder(folder: Path) -> int:
    """Bytes of the files in a folder, and below; links are not followed."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # gone meanwhile
                total += os.lstat(f"{where}/{name}").st_size
    return total


def _stamp(root: Path, run: str) -> str:
    """Changes with every event and every export: sizes and times of the run's logs and of its folder of exports."""
    found = []
    for name in ("events.jsonl", "torch/events.jsonl", "tensorflow/events.jsonl", "exports"):
        try:
            told = os.stat(f"{root}/{run}/{name}")
            found.append(f"{told.st_size}.{told.st_mtime_ns}")
        except OSError:
            found.append("")
    return "/".join(found)


def _read_index(root: Path) -> dict[str, tuple[str, Row]]:
    path = root / INDEX
    if not path.is_file():
        return {}
    try:
        with contextlib.closing(sqlite3.connect(path)) as index:
            told = index.execute("SELECT run, stamp, row FROM rows WHERE shape = ?", (SHAPE,)).fetchall()
        return {run: (stamp, _row(row)) for run, stamp, row in told}
    except (sqlite3.DatabaseError, ValueError, TypeError):  # damaged: it is made anew
        with contextlib.suppress(OSError):
            path.unlink()
        return {}


def _row(text: str) -> Row:
    fields: dict[str, Any] = json.loads(text)
    return Row(**fields | {"tags": tuple(fields["tags"])})


def _write_index(root: Path, new: Mapping[str, tuple[str, Row]], gone: set[str]) -> None:
    """A store that cannot be written to has no index; its rows are made anew by each process."""
    rows = [(run, SHAPE, stamp, json.dumps(asdict(row))) for run, (stamp, row) in new.items()]
    with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(sqlite3.connect(root / INDEX)) as index, index:
        index.execute("CREATE TABLE IF NOT EXISTS rows (run TEXT PRIMARY KEY, shape INT, stamp TEXT, row TEXT)")
        index.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", rows)
        index.executemany("DELETE FROM rows WHERE run = ?", [(run,) for run in gone])
