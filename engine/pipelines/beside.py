"""Who measures, and how busy others keep the machine meanwhile."""

import os
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from engine.bench.driver import machine, state
from engine.measure.processor import processor_seconds
from engine.pipelines import turns


def opened(framework: str) -> dict[str, Any]:
    """What the first turn of a side tells."""
    return {"version": metadata.version(framework), "pid": os.getpid(), "machine": machine()}


class Others:
    """Looks at the processor's time, and tells what became of it since the last look."""

    def __init__(self) -> None:
        self._before = processor_seconds([])

    def __call__(self, folder: Path) -> dict[str, Any]:
        """What everybody had but the processes of both sides and those that they started: see bench.driver.state."""
        sides = {line["pid"] for line in turns.lines(folder) if line["kind"] == "open"}
        pids = sides | {child.pid for pid in sides for child in psutil.Process(pid).children(recursive=True)}
        pids -= {os.getpid()}  # which is counted anyway
        found = state(self._before, pids)
        self._before = processor_seconds(pids)
        return found
