"""Runs told by hand: stores with events as a launcher and workers would have written them."""

import os
import time
from collections.abc import Iterable

from engine import events, system
from engine.config import RunConfig
from engine.events import Event
from engine.logs import Log, size_of
from engine.runs import Store

STEPS_PER_EPOCH = 3


def started(framework: str = "torch", epochs: int = 2, validation_examples: int = 10, when: float = 100.0) -> Event:
    return events.Started(
        framework=framework,
        version="2.0",
        device="cpu",
        device_name="CPU",
        threads=1,
        parameters=9610,
        network="MLP()",
        training_examples=90,
        validation_examples=validation_examples,
        steps_per_epoch=STEPS_PER_EPOCH,
        total_steps=epochs * STEPS_PER_EPOCH,
        import_seconds=1.0,
        build_seconds=0.5,
        time=when,
    )


def epoch(number: int, loss: float | None, accuracy: float | None) -> Event:
    metrics = {"validation_loss": loss, "validation_accuracy": accuracy}
    return events.Epoch(number, number * STEPS_PER_EPOCH, metrics)


def finished_side(framework: str = "torch", shift: float = 0.0) -> list[Event]:
    """Two epochs of three steps; `shift` is added to every training loss."""
    return [
        started(framework),
        events.Steps(0, (2.0 + shift,), 1.0),
        events.Steps(1, (1.5 + shift, 1.25 + shift), 0.1),
        epoch(1, 1.0, 0.5),
        events.Steps(3, (1.0 + shift, 0.75 + shift, 0.5 + shift), 0.01),
        epoch(2, 0.25, 0.972),
        events.Resources(6, 400_000_000, 500_000_000),
        events.Finished(6, "completed", 103.0),
    ]


def new_run(store: Store, **fields: object) -> str:
    """A queued run of two epochs."""
    store.root.mkdir(exist_ok=True)
    return store.create(RunConfig.build({"epochs": 2, **fields}))


def launch(store: Store, run: str, side: str) -> None:
    """Give the side to a process that lives as long as the tests do."""
    pid = os.getpid()
    began = system.started_at(pid)
    assert began
    log_size = size_of(store.log(run, side))
    store.append(run, events.Launched(side, pid, began, system.HOST, False, log_size, time.time()))


def tell(store: Store, run: str, side: str, told: Iterable[Event]) -> None:
    """Have the side's worker say so."""
    with Log(store.log(run, side)) as log:
        for event in told:
            log.append(event)


def finished_run(store: Store, shift: float = 0.0, **fields: object) -> str:
    """A run of which every side finished; TensorFlow's losses lie `shift` above PyTorch's."""
    run = new_run(store, **fields)
    for side in store.config(run).frameworks:
        launch(store, run, side)
        tell(store, run, side, finished_side(side, shift if side == "tensorflow" else 0.0))
    return run


def finish(store: Store, run: str, accuracies: tuple[float, float]) -> None:
    """Both sides of a run finish with these accuracies; the validation loss is 1 − accuracy."""
    for side, accuracy in zip(("torch", "tensorflow"), accuracies, strict=True):
        launch(store, run, side)
        last = [epoch(2, 1 - accuracy, accuracy), events.Finished(6, "completed", 103.0)]
        tell(store, run, side, [*finished_side(side)[:5], *last])
