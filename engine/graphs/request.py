"""The graphs of a config's network, made on both sides, each in a process of its own, and read again.

A result is `graphs/<digest>/`: request.json and one JSON file per framework. It appears whole or not at all.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from engine.config import RunConfig
from engine.examinations.examination import EXAMINATION
from engine.fairness.defaults import LAYERS
from engine.graphs.graph import VIEWS, Seen, from_fields
from engine.runs import Store
from engine.tasks import task
from engine.tasks.results import answers, digest, kept
from engine.tasks.task import Task

SCHEMA = 1
DRAWING = task.Kind("drawing", "drawn", "engine.graphs.draw", together=True, hindrance=EXAMINATION.hindrance)
# What a graph depends on: not on the data, nor on how long or with what optimizer a network is trained.
FIELDS = (
    *("network", "network_options", "own_network", "dataset", "dataset_options", "batch_size", "policy"),
    *("matched_defaults", "precision", "seed"),
)


@dataclass(frozen=True)
class Request:
    """The graphs of a config's network for one batch on the CPU, in a training pass or in inference."""

    config: RunConfig
    training: bool
    kind: str = "graphs"

    @classmethod
    def build(cls, config: RunConfig, training: bool) -> "Request":
        """The same network on the CPU, with no more of the config than the graphs depend on. Raises ConfigError."""
        fields = {name: value for name, value in config.model_dump().items() if name in FIELDS}
        # Of what is matched only layers are in a graph; the rest may not be matchable without the run's optimizer.
        fields["matched_defaults"] = [name for name in config.matched_defaults if name in LAYERS]
        return cls(RunConfig.build(fields), training)

    @property
    def steps(self) -> int:
        """The views of the side that has most."""
        return max(map(len, VIEWS.values()))

    def begin(self, store: Store) -> Task:
        """Draw both sides at the same time. Raises TaskError where that cannot be now."""
        asked = {"schema": SCHEMA, "training": self.training, "config": self.config.model_dump(mode="json")}
        return Task(store, DRAWING, self, asked, self.steps)

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""
        known = self.config.model_dump(mode="json", include=set(FIELDS)) | {"training": self.training, "is": SCHEMA}
        return store.root / "graphs" / digest(json.dumps(known, sort_keys=True))


def read(request: Request, store: Store) -> dict[str, Seen] | None:
    """What both sides show; None where they were not asked. Raises TaskError where that is damaged."""
    return kept(request.folder(store), _read, "draw the graphs again")


def _read(folder: Path) -> dict[str, Seen]:
    found = {side: from_fields(answer) for side, answer in answers(folder).items()}
    if any(one.graphs.keys() != VIEWS[side].keys() for side, one in found.items()):
        raise ValueError("a graph is missing")
    return found
