"""What the runs of a store take on the disk, by what it is for, and which parts may go while the runs stay."""

import os
import re
import shutil
from pathlib import Path

from engine.runs import RunNotFound, RunUnreadable, Store, StoreError

RECORDS = "records"  # configs, events, evidence: without them there is no run
KINDS = {
    "checkpoints": re.compile(r"\w+/checkpoint-\d+\.safetensors", re.ASCII),
    "views": re.compile(r"\w+/views/\d+\.npz", re.ASCII),
    "tensorboard": re.compile(r"\w+/events\.out\.tfevents\.[\w.-]+", re.ASCII),
    "exports": re.compile(r"exports/.+", re.ASCII | re.DOTALL),
}
SPARE = ("views", "tensorboard", "exports")


def by_kind(store: Store) -> dict[str, int]:
    """Bytes of all runs, for each of KINDS and for RECORDS. Raises StoreError."""
    found = dict.fromkeys((*KINDS, RECORDS), 0)
    for run in store.runs():
        for path, kind in _files(store.root / run):
            try:
                found[kind] += path.lstat().st_size
            except OSError:  # gone meanwhile
                continue
    return found


def clean(store: Store, kind: str) -> list[str]:
    """Remove that part, one of SPARE, of every run that has ended, for good; the ids of runs that had it.

    Raises StoreError where a file cannot be removed.
    """
    assert kind in SPARE
    return [run for run in store.runs() if _ended(store, run) and _cleaned(store.root / run, kind)]


def _ended(store: Store, run: str) -> bool:
    try:
        return all(status.ended for status in store.status(run).values())
    except (RunNotFound, RunUnreadable):
        return False


def _cleaned(folder: Path, kind: str) -> bool:
    paths = [path for path, its in _files(folder) if its == kind]
    try:
        for path in paths:
            path.unlink(missing_ok=True)
        if kind == "exports" and paths:
            shutil.rmtree(folder / "exports", ignore_errors=True)  # the folders that are empty now
    except OSError as error:
        raise StoreError(f"{paths[0].parent} could not be cleaned: {error.strerror}.") from None
    return bool(paths)


def _files(folder: Path) -> list[tuple[Path, str]]:
    """The files in a run's folder with the kind of each; links to other folders are not followed."""
    found = []
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where, name)
            told = path.relative_to(folder).as_posix()
            found.append((path, next((kind for kind, like in KINDS.items() if like.fullmatch(told)), RECORDS)))
    return found
