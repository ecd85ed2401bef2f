"""The process that profiles one side: `python -m engine.operators.record FRAMEWORK FOLDER`.

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
from engine.examinations.examine import Teller
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.session import new_session
from engine.twins import network_twin

FIRST_STEPS = 10
# Before the steps without the profiler, so that a graph of TensorFlow learns first which operators are cheap.
STEPS_BETWEEN, SECONDS_BETWEEN = 200, 2.0
ROUNDS = 4  # of the profiler; its first is slower and is dropped
BLOCKS = 2 * ROUNDS - 1


def main(framework: str, folder: Path) -> None:
    """Profile what the request asks for."""
    tell = Teller(folder / f"{framework}.steps", os.getppid())
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    twin = importlib.import_module(f"engine.frameworks.train_{framework}")
    profiler = importlib.import_module(f"engine.frameworks.profile_{framework}")
    config = RunConfig.build(request["config"])
    profiler.prepare()
    work = steps_of(twin, config, framework)
    found, traces = profiled(profiler, work, request["steps"], tell)
    for name, content in traces.items():
        system.write_whole(folder / name, content)
    more = {"version": profiler.VERSION, "steps": request["steps"], "threads": config.threads}
    more |= {"execution": getattr(config.execution, framework)}
    system.write_whole(folder / f"{framework}.json", json.dumps(found | more))


def steps_of(twin: ModuleType, config: RunConfig, framework: str) -> Callable[[int], None]:
    """A session that is ready, as a function that trains so many steps of it, over and over the first epoch."""
    split = prepare(config)
    session = new_session(config, split, twin, network_twin(config, framework))
    examples = len(split.inputs)
    in_epoch = steps_per_epoch(examples, config.batch_size)
    session.begin_epoch(epoch_order(config.seed, 0, examples), learning_rates(config, 0, in_epoch, in_epoch))
    whole = max(1, examples // config.batch_size)  # without the smaller last batch

    def work(steps: int) -> None:
        for first in range(0, steps, whole):
            session.run(0, min(whole, steps - first))

    return work


def profiled(
    profiler: ModuleType, work: Callable[[int], None], steps: int, tell: Callable[[int], None]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """`steps` steps several times with the profiler and then without: seconds per step, and the quickest recording.

    The quickest is the one that the machine's other work disturbed least.
    """
    profiler.begin(lambda: work(FIRST_STEPS))
    recordings, bare = [], []
    for number in range(ROUNDS):
        recordings.append(profiler.record(lambda: work(steps)))
        tell((number + 1) * steps)
    recordings = recordings[1:]
    _settle(work)
    for number in range(ROUNDS - 1):
        begun = time.perf_counter()
        work(steps)
        bare.append((time.perf_counter() - begun) / steps)
        tell((ROUNDS + number + 1) * steps)
    kept = min(recordings, key=lambda recording: recording.seconds)
    found = {
        "operators": [asdict(operator) for operator in kept.operators],
        "profiled": [recording.seconds / steps for recording in recordings],
        "bare": bare,
    }
    return found, kept.traces


def _settle(work: Callable[[int], None]) -> None:
    begun, done = time.perf_counter(), 0
    while done < STEPS_BETWEEN and time.perf_counter() - begun < SECONDS_BETWEEN:
        work(FIRST_STEPS)
        done += FIRST_STEPS


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
