"""All phrases of both sides run, each side in a process of its own, and what they returned read again.

A result is `phrases/<digest of the sources>/`: request.json and one JSON file per framework. It appears whole or not at
all, and once a phrase is changed it is none of that phrase any more.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine import task
from engine.config import FRAMEWORKS, RunConfig
from engine.examination import EXAMINATION
from engine.phrases.catalogue import PHRASES
from engine.phrases.returned import same
from engine.phrases.sources import source
from engine.runs import Store
from engine.task import Task, kept

RUN = task.Kind("run of the phrases", "asked", "engine.phrases.run", together=True, hindrance=EXAMINATION.hindrance)


@dataclass(frozen=True)
class Request:
    """Every phrase, in both frameworks, on the CPU. The config is the usual one, of which only threads count."""

    kind: str = "phrases"
    steps: int = len(PHRASES)

    @property
    def config(self) -> RunConfig:
        """One thread, on the CPU."""
        return RunConfig.build({})

    def begin(self, store: Store) -> Task:
        """Run both sides at the same time. Raises TaskError where that cannot be now."""
        return Task(store, RUN, self, {}, self.steps)

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""
        return store.root / "phrases" / _digest()


@dataclass(frozen=True)
class Returned:
    """What every phrase returned on each side, by name, with the versions that did."""

    versions: dict[str, str]
    sides: dict[str, dict[str, dict[str, Any]]]
    time: float

    def same(self, name: str) -> bool:
        """Whether both sides returned the same of one phrase."""
        return same(*(self.sides[side][name] for side in FRAMEWORKS))


def read(store: Store) -> Returned | None:
    """What there is of the phrases as they are now; None where they did not run. Raises TaskError if it is damaged."""
    folder = Request().folder(store)
    return kept(folder, lambda stamp: _read(folder, stamp), "run the phrases again")


@lru_cache(maxsize=2)  # a page asks for the same result at every touch of a widget
def _read(folder: Path, stamp: int) -> Returned:
    begun = json.loads((folder / "request.json").read_text(encoding="utf-8"))["time"]
    told: dict[str, Any] = {
        side: json.loads((folder / f"{side}.json").read_text(encoding="utf-8")) for side in FRAMEWORKS
    }
    sides = {side: answer["phrases"] for side, answer in told.items()}
    if any(name not in found for found in sides.values() for name in (phrase.name for phrase in PHRASES)):
        raise ValueError("a phrase is missing")
    return Returned({side: answer["version"] for side, answer in told.items()}, sides, begun)


@lru_cache(maxsize=1)
def _digest() -> str:
    text = "".join(source(phrase, side) for phrase in PHRASES for side in FRAMEWORKS)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
