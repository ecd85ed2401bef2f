"""A branch that depends on a tensor, run in every way on both sides, and what came of it read again.

A result is `branches/<digest of the sources>/`: request.json and one JSON file per framework. It appears whole or not
at all.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine import task
from engine.config import FRAMEWORKS, RunConfig
from engine.examination import EXAMINATION
from engine.graphs.ways import WAYS, text
from engine.runs import Store
from engine.task import Task, kept

BRANCHING = task.Kind("look", "looked at", "engine.graphs.run_branches", together=True, hindrance=EXAMINATION.hindrance)


@dataclass(frozen=True)
class Request:
    """All ways on both sides, on the CPU. Of the usual config only the threads count."""

    steps: int = len(WAYS)
    kind: str = "branches"

    @property
    def config(self) -> RunConfig:
        """One thread, on the CPU."""
        return RunConfig.build({})

    def begin(self, store: Store) -> Task:
        """Run both sides at the same time. Raises TaskError where that cannot be now."""
        return Task(store, BRANCHING, self, {}, self.steps)

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""
        digest = hashlib.sha256("".join(text(side) for side in FRAMEWORKS).encode()).hexdigest()[:16]
        return store.root / "branches" / digest


@dataclass(frozen=True)
class Outcome:
    """What one way printed on one side, and what was raised: its kind and message, or nothing."""

    printed: str
    kind: str
    message: str


@dataclass(frozen=True)
class Found:
    """The outcomes by side and way, with the versions of the frameworks."""

    versions: dict[str, str]
    sides: dict[str, dict[str, Outcome]]


def read(request: Request, store: Store) -> Found | None:
    """What there is; None where nothing ran. Raises TaskError where that is damaged."""
    folder = request.folder(store)
    return kept(folder, lambda stamp: _read(folder, stamp), "run the branches again")


@lru_cache(maxsize=2)  # a page asks for the same result at every touch of a widget
def _read(folder: Path, stamp: int) -> Found:
    told = {side: json.loads((folder / f"{side}.json").read_text(encoding="utf-8")) for side in FRAMEWORKS}
    sides: dict[str, dict[str, Outcome]] = {
        side: {way.name: Outcome(**answer["ways"][way.name]) for way in WAYS} for side, answer in told.items()
    }
    return Found({side: answer["version"] for side, answer in told.items()}, sides)
