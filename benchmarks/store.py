"""Opening and listing: a run of a million steps as the page opens it, and five thousand runs as the Runs page has them.

`python -m benchmarks.store`; about two minutes. Targets: at most 1 s to open, at most 0.5 s to list.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.measuring import say, tell
from engine import events, system
from engine.charts.live import LiveRun
from engine.charts.run_table import table
from engine.charts.tables import result_table
from engine.config import FRAMEWORKS, RunConfig
from engine.events import Event
from engine.fairness.weights import initial_weights
from engine.measure.histogram import histogram
from engine.runs import Store
from engine.store.progress import shared
from engine.store.run_rows import RunRows

OPEN_SECONDS, LIST_SECONDS = 1.0, 0.5
STEPS_PER_EPOCH = 45
STEPS_PER_EVENT = 765  # 7,500 steps a second in chunks of 0.1 s, and whole epochs
EVENTS_PER_HISTOGRAM = 20  # every 2 s


def main() -> None:
    """Write both stores, then measure each way several times, in a process that has done it once before."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        many, long = Store(Path(folder) / "many"), Store(Path(folder) / "long")
        say(f"writing a run of {arguments.steps:,} steps")
        run = write_run(long, arguments.steps)
        say(f"writing {arguments.runs:,} runs")
        for seed in range(arguments.runs):
            write_run(many, STEPS_PER_EVENT, seed)
        parts = {
            "chart": lambda: chart(long, run),
            "figures_and_table": lambda: figures_and_table(long, run),
        }
        whole = {**{name: [part] for name, part in parts.items()}, "open": list(parts.values())}
        begun = time.perf_counter()
        listing(RunRows(many))  # which makes the index
        without_index = round(time.perf_counter() - begun, 3)
        seconds = {
            name: _seconds(lambda works=works: _opened(works), arguments.rounds) for name, works in whole.items()
        }
        seconds["list_first_time"] = _seconds(lambda: listing(RunRows(many)), arguments.rounds)
        known = RunRows(many)
        seconds["list"] = _seconds(lambda: listing(known), arguments.rounds)
        seconds["list_without_index"] = without_index
        size = sum(long.log(run, side).stat().st_size for side in FRAMEWORKS)
    tell(
        "store",
        seconds["open"] <= OPEN_SECONDS and max(seconds["list"], seconds["list_first_time"]) <= LIST_SECONDS,
        targets={"open": OPEN_SECONDS, "list": LIST_SECONDS},
        seconds=seconds,
        steps_per_side=arguments.steps,
        bytes=size,
        runs=arguments.runs,
    )


def _opened(works: list[Callable[[], object]]) -> None:
    """Do all of these as a server does that has not read the run yet."""
    shared.cache_clear()
    for work in works:
        work()


def chart(store: Store, run: str) -> str:
    """What the live route reads and says to a browser that opens the run."""
    live = LiveRun(store, run)
    live.poll()
    return live.message(None)


def figures_and_table(store: Store, run: str) -> object:
    """What the Train page reads for its figures and the table of the result."""
    progress = shared(store, run)
    progress.poll()
    return result_table(progress)


def listing(known: RunRows) -> object:
    """Every run's row, and the table of them, as the Runs page makes both."""
    return table(known.rows(), lambda run: None)


def write_run(store: Store, steps: int, seed: int = 0) -> str:
    """A finished run of both sides, as their workers would have written it."""
    config = RunConfig.build({"epochs": max(1, steps // STEPS_PER_EPOCH), "seed": seed})
    run = store.create(config)
    process = os.getpid(), system.started_at(os.getpid()) or 0.0
    launched = [events.Launched(side, *process, system.HOST, True, 0, time.time()) for side in FRAMEWORKS]
    store.log(run).write_text("".join(map(events.to_line, launched)))
    for number, side in enumerate(FRAMEWORKS):
        with store.log(run, side).open("w") as file:
            file.writelines(events.to_line(event) for event in _told(config, side, number, steps))
    return run


def _told(config: RunConfig, side: str, seed: int, steps: int) -> Iterator[Event]:
    """The events of one side: float32 losses, every epoch's validation, and what is sampled now and then."""
    noise = np.random.default_rng(seed).uniform(0.5, 1.5, steps)
    losses = (2.3 * noise / (1 + np.arange(steps) / 500)).astype(np.float32).astype(float)
    weights = {f"{kind}/{name}": histogram(value) for kind in ("weights", "gradients")
               for name, value in initial_weights(config).items()}  # fmt: skip
    yield events.Started(
        side, "1.0", "cpu", "cpu", 1, 9_610, "MLP", 1_437, 360, STEPS_PER_EPOCH, steps, 2, 1, time.time()
    )
    for number, first in enumerate(range(0, steps, STEPS_PER_EVENT)):
        chunk = losses[first : first + STEPS_PER_EVENT]
        done = first + len(chunk)
        yield events.Steps(first, tuple(chunk.tolist()), len(chunk) / 7_500)
        for epoch in range(first // STEPS_PER_EPOCH + 1, done // STEPS_PER_EPOCH + 1):
            loss = float(losses[epoch * STEPS_PER_EPOCH - 1])
            metrics = {"validation_loss": 1.1 * loss, "validation_accuracy": 1 / (1 + loss)}
            yield events.Epoch(epoch, epoch * STEPS_PER_EPOCH, metrics)
        yield events.Gradient(done, float(chunk[-1]) / 3)
        if number % EVENTS_PER_HISTOGRAM == 0:
            yield events.Resources(done, 500_000_000, 520_000_000)
            yield events.Histograms(done, weights)
            yield events.Checkpoint(done, "checkpoint.safetensors")
    yield events.Finished(steps, "completed", time.time())


def _seconds(work: Callable[[], object], rounds: int) -> float:
    """The median over the rounds; once before them nothing is timed."""
    work()
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return round(median(taken), 3)


if __name__ == "__main__":
    main()
