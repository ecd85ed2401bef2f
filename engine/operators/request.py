"""The operators of both sides of a config, recorded one side after the other so that neither disturbs the other.

A result is `profiles/<digest>/`: request.json, and per framework its operators and its traces. It appears whole or not
at all.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from engine.config import FRAMEWORKS, RunConfig, refused
from engine.operators.record import BLOCKS
from engine.runs import Store
from engine.tasks import task, timed
from engine.tasks.results import digest
from engine.tasks.task import Task

MOST_STEPS = 500
SCHEMA = 1
KEPT = {"torch": ("torch.trace.json.gz",), "tensorflow": ("tensorflow.trace.json.gz", "tensorflow.xplane.pb")}


@dataclass(frozen=True)
class Request:
    """What is to be profiled: so many steps of each side, as the config executes them."""

    config: RunConfig
    steps: int
    kind: str = "operators"

    @classmethod
    def build(cls, config: RunConfig, steps: int) -> "Request":
        """A request that can be carried out. Raises ConfigError."""
        if not 1 <= steps <= MOST_STEPS:
            raise refused("steps", steps, f"a whole number, at least 1 and at most {MOST_STEPS:,}")
        for side in FRAMEWORKS:
            device = getattr(config.device, side)
            if device != "cpu":
                raise refused(f"device.{side}", device, "cpu: operators are recorded on the processor alone")
        # A step is what is profiled, so PyTorch, whose compiler would fuse several, runs one by one.
        usual = {"frameworks": FRAMEWORKS, "steps_per_call": {}, "workers": 1}
        return cls(RunConfig.build(config.model_dump() | usual), steps)

    def begin(self, store: Store) -> Task:
        """Record one side, then the other. Raises TaskError where that cannot be now."""
        asked = {"schema": SCHEMA, "steps": self.steps, "config": self.config.model_dump(mode="json")}
        return Task(store, PROFILE, self, asked, self.steps * BLOCKS)

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""
        unimportant = {"frameworks", "concurrency", "histograms", "snapshots", "early_stopping_patience", "epochs"}
        known = json.dumps(self.config.model_dump(mode="json", exclude=unimportant), sort_keys=True)
        return store.root / "profiles" / digest(known)


def _busy(store: Store) -> str:
    """What else has the machine now, as the beginning of a sentence; empty if nothing has."""
    if run := timed.training(store):
        return f"The run {run} trains, and beside it nothing can be measured"
    if name := timed.measured(store):
        return f"The benchmark {name} is measured, and beside it nothing can be"
    return ""


PROFILE = task.Kind("profile", "profiled", "engine.operators.record", together=False, hindrance=_busy)
