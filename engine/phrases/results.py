"""All phrases of both sides run, each side in a process of its own, and what they returned read again.

A result is `phrases/<digest of the sources>/`: request.json and one JSON file per framework. It appears whole or not at
all, and once a phrase is changed it is none of that phrase any more.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config import FRAMEWORKS
from engine.examinations.examination import EXAMINATION
from engine.phrases.catalogue import PHRASES
from engine.phrases.returned import same
from engine.phrases.sources import source
from engine.runs import Store
from engine.tasks import task
from engine.tasks.results import answers, digest, kept, versions
from engine.tasks.usual_request import UsualRequest

RUN = task.Kind("run of the phrases", "asked", "engine.phrases.run", together=True, hindrance=EXAMINATION.hindrance)


@dataclass(frozen=True)
class Request(UsualRequest):
    """Every phrase, in both frameworks."""

    kind: str = "phrases"
    steps: int = len(PHRASES)
    how = RUN

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""
        text = "".join(source(phrase, side) for phrase in PHRASES for side in FRAMEWORKS)
        return store.root / "phrases" / digest(text)


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
    return kept(Request().folder(store), _read, "run the phrases again")


def _read(folder: Path) -> Returned:
    begun = json.loads((folder / "request.json").read_text(encoding="utf-8"))["time"]
    told = answers(folder)
    sides = {side: answer["phrases"] for side, answer in told.items()}
    if any(name not in found for found in sides.values() for name in (phrase.name for phrase in PHRASES)):
        raise ValueError("a phrase is missing")
    return Returned(versions(told), sides, begun)
