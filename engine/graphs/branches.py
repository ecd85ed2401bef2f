"""A branch that depends on a tensor, run in every way on both sides, and what came of it read again.

A result is `branches/<digest of the sources>/`: request.json and one JSON file per framework. It appears whole or not
at all.
"""

from dataclasses import dataclass
from pathlib import Path

from engine.config import FRAMEWORKS
from engine.examinations.examination import EXAMINATION
from engine.graphs.ways import WAYS, text
from engine.runs import Store
from engine.tasks import task
from engine.tasks.results import answers, digest, kept, versions
from engine.tasks.usual_request import UsualRequest

BRANCHING = task.Kind("look", "looked at", "engine.graphs.run_branches", together=True, hindrance=EXAMINATION.hindrance)


@dataclass(frozen=True)
class Request(UsualRequest):
    """All ways on both sides."""

    steps: int = len(WAYS)
    kind: str = "branches"
    how = BRANCHING

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""
        return store.root / "branches" / digest("".join(text(side) for side in FRAMEWORKS))


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
    return kept(request.folder(store), _read, "run the branches again")


def _read(folder: Path) -> Found:
    told = answers(folder)
    sides = {side: {way.name: Outcome(**answer["ways"][way.name]) for way in WAYS} for side, answer in told.items()}
    return Found(versions(told), sides)
