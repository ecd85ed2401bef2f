"""The end of a benchmark as a person asks for it: stopped while it lasts, deleted once it has ended."""

import shutil

from engine.bench import benchmark
from engine.runs import Store, StoreError
from engine.tasks import timed


def stop(store: Store, name: str) -> None:
    """Ask a benchmark that has not ended to do so. Raises StoreError."""
    word = benchmark.last_word(store, name)
    if word not in benchmark.UNDER_WAY:
        raise StoreError(f"The benchmark {name} has ended already: {word}.")
    benchmark.stop(store, name)


def delete(store: Store, name: str) -> None:
    """Remove a benchmark that has ended, also one whose driver is gone without a word. Raises StoreError."""
    folder = benchmark.folder(store, name)
    if benchmark.last_word(store, name) in benchmark.UNDER_WAY and not _left(store, name):
        raise StoreError(f"The benchmark {name} has not ended; stop it first.")
    gone = folder.with_name(f".{name}")  # so that nobody finds half of it
    try:
        folder.rename(gone)
        shutil.rmtree(gone)
    except OSError as error:
        raise StoreError(f"The benchmark {name} could not be deleted: {error.strerror}.") from None


def _left(store: Store, name: str) -> bool:
    """Whether it was begun and nothing carries it out any more."""
    if not (benchmark.folder(store, name) / "driver.json").exists():
        return False
    try:
        return not timed.driven(store, name)
    except (OSError, ValueError, KeyError):
        return True
