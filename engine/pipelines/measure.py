"""The process that measures one side's input pipelines: `python -m engine.pipelines.measure FRAMEWORK FOLDER`.

FOLDER holds request.json. Both sides take turns; what each turn found is a line of measurements.jsonl there.
"""

import importlib
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

import psutil

from engine.measure.warm_up import warm_up
from engine.pipelines import turns
from engine.pipelines.beside import Others, opened
from engine.pipelines.checksum import checksum
from engine.pipelines.transforms import FUNCTIONS, epoch

AFTER = ("parts",)  # what is done with each pipeline when all rounds are over


class Measured:
    """The pipelines of one side, each built once; its workers, where it has some, live on and sleep."""

    def __init__(self, framework: str, folder: Path, request: dict[str, Any]):
        self._framework, self._folder, self._request = framework, folder, request
        self._data = epoch(request["transform"], request["batch_size"])
        self._transform = FUNCTIONS[request["transform"]]
        self._twin = importlib.import_module(f"engine.pipelines.{request['transform']}_{framework}")
        self._pipelines: dict[int, Iterable] = {}
        self._counts: dict[int, int] = {}
        self._others = Others()

    def open(self, turn: turns.Turn) -> dict[str, Any]:
        """Who measures."""
        return opened(self._framework)

    def check(self, turn: turns.Turn) -> dict[str, Any]:
        """Which examples the pipeline delivers in its first epoch, and how long its first batch takes from nothing."""
        begun = time.perf_counter()
        pipeline = self._twin.pipeline(*self._data, self._transform, *self._setting(turn.case))
        batches = iter(pipeline)
        first = next(batches)
        seconds = time.perf_counter() - begun
        self._pipelines[turn.case] = pipeline
        found = checksum((inputs.numpy(), targets.numpy()) for inputs, targets in chain([first], batches))
        return {"first_seconds": seconds, **asdict(found)}

    def warm_up(self, turn: turns.Turn) -> dict[str, Any]:
        """Pass after pass until two windows of them agree."""
        wanted = self._request["block_seconds"]
        windows, self._counts[turn.case], agreed = warm_up(lambda count: self._passes(turn.case, count), wanted)
        return {"seconds_per_pass": windows, "agreed": agreed}

    def block(self, turn: turns.Turn) -> dict[str, Any]:
        """So many passes in a row, and how much of the processor this process and its workers had meanwhile."""
        count, before = self._counts[turn.case], _processor_seconds()
        seconds = self._passes(turn.case, count)
        told = {"round": turn.round, "count": count * len(self._data[0]), "seconds": seconds, "time": time.time()}
        return told | {"processor": _processor_seconds() - before}

    def state(self, turn: turns.Turn) -> dict[str, Any]:
        """How busy others kept the machine since the last such turn."""
        return {"round": turn.round, **self._others(self._folder)}

    def parts(self, turn: turns.Turn) -> dict[str, Any]:
        """Where the time of one epoch goes, by clocks in a pipeline of its own; they cost time themselves."""
        twin = importlib.import_module(f"engine.pipelines.clocks_{self._framework}")
        asked = (*self._data, self._transform, *self._setting(turn.case), self._request["busy_seconds"])
        return {"count": len(self._data[0]), **twin.parts(self._twin.pipeline, *asked)}

    def _setting(self, case: int) -> tuple[int, int, int]:
        """Batch size, workers and prefetched batches."""
        return self._request["batch_size"], self._request["cases"][case]["workers"], self._request["prefetch"]

    def _passes(self, case: int, count: int) -> float:
        """Seconds of so many epochs, from the first request to the last batch."""
        busy, pipeline = self._request["busy_seconds"], self._pipelines[case]
        begun = time.perf_counter()
        for _ in range(count):
            for _batch in pipeline:
                if busy:
                    time.sleep(busy)
        return time.perf_counter() - begun


def _processor_seconds() -> float:
    """Of this process and its workers, those that have ended included."""
    me = psutil.Process()
    return sum(sum(one.cpu_times()[:2]) for one in (me, *me.children(recursive=True)))


def main(framework: str, folder: Path) -> None:
    """Take this side's turns until all are over."""
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    order = turns.schedule([case["side"] for case in request["cases"]], request["rounds"], AFTER)
    turns.take(framework, folder, order, Measured(framework, folder, request))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
