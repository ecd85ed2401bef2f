"""Short runs in real processes: what to train, waiting for what they record, and ending what is left of them."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from engine import events, system
from engine.config import RunConfig
from engine.events import Event
from engine.runs import Store

PATIENCE = 300  # seconds; only a test that fails waits for so long
TEACHER = {"network": "simple_net", "dataset": "teacher", "seed": 7, "learning_rate": 0.001}


def short(**fields: Any) -> RunConfig:
    """A run that ends by itself at once."""
    return RunConfig.build(TEACHER | {"epochs": 2} | fields)


def endless(**fields: Any) -> RunConfig:
    """A run that goes on until somebody ends it."""
    return RunConfig.build(TEACHER | {"epochs": 1_000_000} | fields)


def until(true: Callable[[], Any], what: str = "what the test waits for") -> Any:
    """Wait until `true()` is, and return what it was."""
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.01)
    return found


def words(store: Store, run: str) -> list[str]:
    """What each side is doing."""
    return [status.word for status in store.status(run).values()]


def until_words(store: Store, run: str, *expected: str) -> None:
    """Wait until each side, or the only one, is doing this."""
    until(lambda: words(store, run) == list(expected), f"{expected}")


def until_step(store: Store, run: str, side: str, step: int) -> None:
    """Wait until the side has done more than `step` steps."""
    until(lambda: store.status(run)[side].step > step, f"step {step} of {side}")


def said(store: Store, run: str, side: str | None, kind: type[Event]) -> list[Any]:
    """All events of one class in a log."""
    return [event for event in store.read(run, side)[0] if isinstance(event, kind)]


def losses(store: Store, run: str, side: str) -> list[float | None]:
    """Every step's loss, as far as it counts."""
    found: list[float | None] = []
    for event in store.read(run, side)[0]:
        if isinstance(event, events.Resumed):
            del found[event.from_step :]
        elif isinstance(event, events.Steps):
            found += event.losses
    return found


def launches(store: Store, run: str) -> dict[str, events.Launched]:
    """The latest process of each side."""
    return {event.side: event for event in said(store, run, None, events.Launched)}


def kill(store: Store, run: str, *sides: str) -> None:
    """End the sides' processes as kill -9 does."""
    for side in sides:
        os.kill(launches(store, run)[side].pid, signal.SIGKILL)


def end_all(store: Store) -> None:
    """End every process that still works for the store."""
    for run in store.runs():
        for launched in said(store, run, None, events.Launched) if store.log(run).exists() else []:
            if system.is_alive(launched.pid, launched.process_start):
                system.kill(launched.pid)
