"""The process that profiles one side: `python -m engine.profile_operators FRAMEWORK FOLDER`.

FOLDER holds request.json. What was found goes to <framework>.json there, and the traces beside it.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

from engine import system
from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.examine import Teller
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.defaults import matches
from engine.fairness.weights import initial_weights
from engine.twins import network_twin

ROUNDS = 4  # of steps without and with the profiler; the first warms both up and is dropped
BLOCKS = 1 + 2 * ROUNDS


def main(framework: str, folder: Path) -> None:
    """Profile what the request asks for."""
    tell = Teller(folder / f"{framework}.steps", os.getppid())
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    twin = importlib.import_module(f"engine.frameworks.train_{framework}")
    profiler = importlib.import_module(f"engine.frameworks.profile_{framework}")
    config = RunConfig.build(request["config"])
    profiler.prepare()
    work = steps_of(twin, config, framework, request["steps"])
    found, traces = profiled(profiler, work, request["steps"], tell)
    for name, content in traces.items():
        system.write_whole(folder / name, content)
    more = {"version": profiler.VERSION, "steps": request["steps"], "threads": config.threads}
    more |= {"execution": getattr(config.execution, framework)}
    system.write_whole(folder / f"{framework}.json", json.dumps(found | more))


def steps_of(twin: ModuleType, config: RunConfig, framework: str, steps: int) -> Callable[[], None]:
    """A session that is ready, as a function that trains so many steps of it, over and over the first epoch."""
    split = prepare(config)
    twin.configure(config)
    weights = initial_weights(config) if matches(config, "initial_weights") else None
    session = twin.Session(config, split, network_twin(config, framework).build, weights)
    examples = len(split.inputs)
    in_epoch = steps_per_epoch(examples, config.batch_size)
    session.begin_epoch(epoch_order(config.seed, 0, examples), learning_rates(config, 0, in_epoch, in_epoch))
    whole = max(1, examples // config.batch_size)  # without the smaller last batch

    def work() -> None:
        for first in range(0, steps, whole):
            session.run(0, min(whole, steps - first))

    return work


def profiled(
    profiler: ModuleType, work: Callable[[], None], steps: int, tell: Callable[[int], None]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """`work` by turns without and with the profiler: seconds per step of each turn, and the quickest recording.

    The quickest is the one that the machine's other work disturbed least.
    """
    work()
    tell(steps)
    bare, recordings = [], []
    for number in range(ROUNDS):
        begun = time.perf_counter()
        work()
        bare.append((time.perf_counter() - begun) / steps)
        recordings.append(profiler.record(work))
        tell((3 + 2 * number) * steps)
    kept = min(recordings[1:], key=lambda recording: recording.seconds)
    found = {
        "operators": [asdict(operator) for operator in kept.operators],
        "profiled": [recording.seconds / steps for recording in recordings[1:]],
        "bare": bare[1:],
    }
    return found, kept.traces


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
