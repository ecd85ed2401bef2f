"""Whether something in a store has the machine now: beside it nothing can be measured, and nothing else may compute."""

import json

from engine import system
from engine.bench import benchmark
from engine.runs import Store, StoreError

NEWEST = 50  # runs among which one that trains is looked for


def training(store: Store) -> str:
    """A run that trains now, whether its speed counts or not; empty if there is none."""
    for run in store.runs()[:NEWEST]:
        try:
            if any(status.active for status in store.status(run).values()):
                return run
        except StoreError:  # damaged, or deleted just now
            continue
    return ""


def measured(store: Store) -> str:
    """A benchmark that is measured now; empty if there is none."""
    for name in benchmark.benchmarks(store):
        try:
            if benchmark.last_word(store, name) in benchmark.UNDER_WAY and driven(store, name):
                return name
        except (StoreError, OSError, ValueError, KeyError):  # damaged, or deleted just now
            continue
    return ""


def driven(store: Store, name: str) -> bool:
    """Whether it was given to a driver that still lives, or that lives on a machine of which nobody knows here."""
    path = benchmark.folder(store, name) / "driver.json"
    if not path.exists():
        return False
    begun = json.loads(path.read_text(encoding="utf-8"))
    return begun["host"] != system.HOST or system.is_alive(begun["pid"], begun["process_start"])
