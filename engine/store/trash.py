"""Deleted runs: each waits in the store's trash for a day, and can be put back; nothing but its own folder is moved."""

import contextlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from engine.runs import RUN_ID, RunUnreadable, Store, StoreError

FOLDER = ".trash"
KEPT_SECONDS = 24 * 3600
NAME = re.compile(rf"(\d{{1,12}})-({RUN_ID.pattern})")


@dataclass(frozen=True)
class Deleted:
    """A run in the trash, and when it went there, in Unix seconds."""

    run: str
    time: float
    path: Path


def delete(store: Store, run: str, now: float) -> None:
    """Move a run that does not train into the trash, also one that cannot be read. Raises StoreError."""
    folder = store.folder(run)
    with contextlib.suppress(RunUnreadable):
        if any(status.active for status in store.status(run).values()):
            raise StoreError(f"The run {run} is still training; stop it first.")
    try:
        (store.root / FOLDER).mkdir(exist_ok=True)
        folder.rename(store.root / FOLDER / f"{int(now)}-{run}")
    except OSError as error:
        raise StoreError(f"The run {run} could not be deleted: {error.strerror}.") from None


def deleted(store: Store) -> list[Deleted]:
    """What is in the trash, what went there last first."""
    try:
        names = [NAME.fullmatch(path.name) for path in (store.root / FOLDER).iterdir()]
    except OSError:
        return []  # there is no trash
    found = [Deleted(name[2], float(name[1]), store.root / FOLDER / name[0]) for name in names if name]
    return sorted(found, key=lambda one: one.time, reverse=True)


def restore(store: Store, run: str) -> None:
    """Put back what was deleted last under this id. Raises StoreError."""
    one = next((one for one in deleted(store) if one.run == run), None)
    if one is None:
        raise StoreError(f"The run {run[:60]} is not in the trash; what was deleted stays there for 24 hours.")
    try:
        if (store.root / run).exists():
            raise StoreError(f"There is a run {run} already.")
        one.path.rename(store.root / run)
    except OSError as error:
        raise StoreError(f"The run {run} could not be put back: {error.strerror}.") from None


def empty(store: Store, before: float) -> int:
    """Remove for good what was deleted before that time; returns how many. Raises StoreError."""
    overdue = [one for one in deleted(store) if one.time < before]
    for one in overdue:
        try:
            if one.path.is_symlink():
                one.path.unlink()  # what it points to is not the store's
            else:
                shutil.rmtree(one.path)
        except OSError as error:
            raise StoreError(f"The run {one.run} could not be removed from the trash: {error.strerror}.") from None
    return len(overdue)
