"""Both sides of a config examined: each trains in a process of its own, and what they recorded is kept in the store.

A result is `examinations/<digest>/<kind>/`: request.json and one .npz per framework. It appears whole or not at all.
"""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.bench import benchmark
from engine.config import FRAMEWORKS, RunConfig, refused
from engine.runs import Store, StoreError
from engine.store import checkpoints
from engine.tasks import task
from engine.tasks.results import digest
from engine.tasks.task import Task, TaskError

Kind = Literal["parity", "microscope"]

MOST_STEPS = {"parity": 1000, "microscope": 200}
NEWEST = 50  # runs among which one that trains in turn is looked for
SCHEMA = 1


@dataclass(frozen=True)
class Request:
    """What is to be examined: `run` is one of the store from whose last checkpoints both sides go on, or empty."""

    kind: Kind
    config: RunConfig
    steps: int
    run: str = ""

    @classmethod
    def build(cls, kind: Kind, config: RunConfig, steps: int, run: str = "") -> "Request":
        """A request that can be carried out. Raises ConfigError."""
        if config.policy != "matched":
            raise refused("policy", config.policy, "matched: with each framework's own defaults both sides differ")
        if kind == "microscope" and config.compute_dtype != config.variable_dtype:
            words = "float32 or float64: in mixed precision every layer rounds more than what is looked for"
            raise refused("precision", config.precision, words)
        if not 1 <= steps <= MOST_STEPS[kind]:
            raise refused("steps", steps, f"a whole number, at least 1 and at most {MOST_STEPS[kind]:,}")
        config = RunConfig.build(config.model_dump() | {"frameworks": FRAMEWORKS, "workers": 1})
        if kind == "parity" and config.device.torch == "mps":
            raise refused("device.torch", "mps", "cpu or cuda:0: mps has no float64")
        return cls(kind, config, steps, run)

    def jobs(self) -> list[dict[str, Any]]:
        """The trainings of each side, as lockstep.Job takes them, each once more from a perturbed start."""
        if self.kind == "microscope":
            return self._pair(self.config.precision, layers=True)
        return [*self._pair("float64"), *self._pair("float32", signs=True)]

    def _pair(self, precision: str, layers: bool = False, signs: bool = False) -> list[dict[str, Any]]:
        config = self.config.model_dump(mode="json") | {"precision": precision, "histograms": False}
        job = {"name": precision, "config": config, "steps": self.steps, "layers": layers}
        perturbed = job | {"name": f"{precision}-perturbed", "perturbed": True}
        return [job | {"signs": signs}, perturbed]

    def begin(self, store: Store) -> Task:
        """Train both sides at the same time. Raises TaskError where that cannot be now."""
        asked = {"schema": SCHEMA, "kind": self.kind, "steps": self.steps, "run": self.run, "jobs": self.jobs()}
        asked |= _resume(store, self.run) if self.run else {"resume": ""}
        return Task(store, EXAMINATION, self, asked, self.steps * len(self.jobs()))

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""
        unimportant = {"frameworks", "concurrency", "histograms", "snapshots", "early_stopping_patience"}
        if self.kind == "parity":
            unimportant.add("precision")
        known = json.dumps(self.config.model_dump(mode="json", exclude=unimportant), sort_keys=True) + self.run
        return store.root / "examinations" / digest(known) / self.kind


def _resume(store: Store, run: str) -> dict[str, str]:
    """The run's folder, and the file of each side's checkpoint after the same step. Raises TaskError.

    It is named, because a run that still trains may write newer ones before both sides have read it.
    """
    folder = store.folder(run)
    found = [sorted(path.name for path in (folder / side).glob(checkpoints.PATTERN))[-1:] for side in FRAMEWORKS]
    if not all(found) or found[0] != found[1]:
        raise TaskError(f"The sides of {run} have no checkpoint after the same step to go on from.")
    return {"resume": str(folder.resolve()), "checkpoint": found[0][0]}


def _timed(store: Store) -> str:
    """What is timed now, in words: a benchmark, or a run that trains in turn; empty if there is nothing."""
    for name in benchmark.benchmarks(store)[:NEWEST]:
        with contextlib.suppress(StoreError):  # deleted just now
            if benchmark.last_word(store, name) == "running":
                return f"The benchmark {name} is measured, and its speed counts"
    for run in store.runs()[:NEWEST]:
        try:
            config = store.config(run)
            if config.concurrency == "in_turn" and any(status.active for status in store.status(run).values()):
                return f"The run {run} trains in turn, and its speed counts"
        except StoreError:  # damaged, or deleted just now
            continue
    return ""


EXAMINATION = task.Kind("examination", "examined", "engine.examinations.examine", together=True, hindrance=_timed)
