"""Sweeps told by hand: plans, and a launcher whose runs end at once with losses that a function of the config gives."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from engine import assignments, control, events
from engine.config import FRAMEWORKS, RunConfig
from engine.control import Command
from engine.datasets import own_table
from engine.runs import Store
from engine.sweeps import sweep, sweep_store
from engine.sweeps.driver import Driver
from engine.sweeps.results import results
from engine.sweeps.sweep import Plan
from tests import stories

TEXTS = {"network": "mlp", "epochs": "2", "learning_rate": "log:1e-4:1e-1", "batch_size": "16,32"}
Losses = Callable[[RunConfig], tuple[float | None, float | None]]  # PyTorch's and TensorFlow's; None diverges


def fields(given: Iterable[str]) -> dict[str, Any]:
    return own_table.completed(assignments.fields(assignments.split(given)), Path("nowhere"))


def plan(texts: Mapping[str, str] = TEXTS, **more: Any) -> Plan:
    return sweep.made(texts, fields, **{"trials": 6, "seeds": 0, **more})


def bowl(config: RunConfig) -> tuple[float, float]:
    """PyTorch is best at a learning rate of 0.01, TensorFlow at 0.02, whatever the seed, up to a little noise."""
    noise = (config.seed * 7919 + round(config.learning_rate * 1e4)) % 13 / 1e5
    return abs(config.learning_rate - 0.01) + noise, abs(config.learning_rate - 0.02) + noise * 1.1


class Launcher:
    """Queues runs as the real one does, and ends them when the test says so, or at once."""

    leads, trouble = True, ""

    def __init__(self, store: Store, losses: Losses = bowl, at_once: bool = True):
        self.store, self._losses, self._at_once = store, losses, at_once
        store.root.mkdir(exist_ok=True)
        self.submitted: list[str] = []
        self.taken_up: list[str] = []
        self.resumed: list[str] = []

    def submit(self, config: RunConfig, cluster: str = "") -> str:
        run = self.store.create(config, cluster)
        self.submitted.append(run)
        if self._at_once:
            self.finish(run)
        return run

    def take_up(self, run: str) -> None:
        self.taken_up.append(run)

    def resume(self, run: str) -> None:
        self.resumed.append(run)
        for side, status in self.store.status(run).items():
            if status.word == "interrupted":
                self.store.append(run, events.Requeued(side, 1.0))

    def stop(self, run: str) -> None:
        control.write(self.store.folder(run), control.STOP)
        for side, status in self.store.status(run).items():
            if not status.ended:
                self.store.append(run, events.Cancelled(side, "Stopped.", 1.0))

    def finish(self, run: str) -> None:
        """Both sides finish, or diverge, with their losses."""
        losses = self._losses(self.store.config(run))
        for side, loss in zip(FRAMEWORKS, losses, strict=True):
            stories.launch(self.store, run, side)
            stories.tell(self.store, run, side, [*stories.finished_side(side)[:5], *_end(loss)])

    def lose(self, run: str) -> None:
        """The processes of both sides die."""
        for side in FRAMEWORKS:
            stories.launch(self.store, run, side)
            stories.tell(self.store, run, side, stories.finished_side(side)[:4])
            self.store.append(run, events.Lost(side, "It was ended by signal 9.", 1.0))


def _end(loss: float | None) -> list[events.Event]:
    if loss is None:
        return [events.Diverged(4, 103.0)]
    return [stories.epoch(2, loss, max(0.0, 1 - loss)), events.Finished(6, "completed", 103.0)]


def to_the_end(launcher: Any, name: str, looks: int = 500) -> Driver:
    """Drive a sweep until it has ended."""
    driver = Driver(launcher, name)
    for _ in range(looks):
        if driver.advance():
            driver.close()
            return driver
    raise AssertionError("The sweep did not end.")


def begun(store: Store, **more: Any) -> str:
    """A sweep that was asked for and of which nothing is done."""
    store.root.mkdir(exist_ok=True)
    return sweep_store.create(store, plan(**more))


def finished(store: Store, losses: Losses = bowl, **more: Any) -> str:
    """A sweep that ran to its end."""
    name = begun(store, **more)
    to_the_end(Launcher(store, losses), name)
    return name


def settings(store: Store, name: str) -> list[dict[str, Any]]:
    """What each trial tried."""
    return [dict(trial.setting) for trial in results(store, name).trials]


def words(store: Store, name: str) -> list[str]:
    """What became of each trial."""
    return [trial.word for trial in results(store, name).trials]


PAUSE = Command(paused=True)
