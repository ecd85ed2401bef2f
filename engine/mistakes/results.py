"""One mistake made on both sides, in processes of their own, and what came of it read again.

A result is `mistakes/<name>-<execution>-<digest of the sources>/`: request.json and one JSON file per framework. It
appears whole or not at all.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config import FRAMEWORKS
from engine.examinations.examination import EXAMINATION
from engine.mistakes.catalogue import STAGES
from engine.mistakes.sources import path, source
from engine.runs import Store
from engine.tasks import task
from engine.tasks.results import answers, digest, kept, versions
from engine.tasks.usual_request import UsualRequest

ATTEMPT = task.Kind("attempt", "asked", "engine.mistakes.run", together=True, hindrance=EXAMINATION.hindrance)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")  # bold and colours of a terminal
# Four or more lines of a trace inside of a message: TensorFlow's graphs tell where each operation was made.
TRACE = re.compile(r"(?:^[ \t]*(?:File \".*|\+ .*\(L\d+\).*|(?:->)?[ \t]*\|.*)?\n){4,}", re.MULTILINE)


@dataclass(frozen=True)
class Request(UsualRequest):
    """One mistake, eager or compiled, in both frameworks."""

    name: str
    execution: str
    steps: int = len(STAGES)
    how = ATTEMPT

    @property
    def kind(self) -> str:
        """One for each execution, as both stand on one page."""
        return f"attempt-{self.execution}"

    def asked(self) -> dict[str, Any]:
        """What the processes read."""
        return {"name": self.name, "execution": self.execution}

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""
        text = "".join(source(self.name, side) for side in FRAMEWORKS)
        return store.root / "mistakes" / f"{self.name}-{self.execution}-{digest(text)}"


@dataclass(frozen=True)
class Outcome:
    """What one stage printed on one side, and what was raised in the end: its kind and message, or nothing.

    `lines` are the lines of the mistake's file that the text names, in the order in which it does, the innermost last.
    """

    printed: str
    kind: str
    message: str
    exit: int
    seconds: float
    lines: tuple[int, ...]

    @property
    def before(self) -> str:
        """What was printed before the error that ended it, if one did."""
        return re.split(r"^Traceback \(most recent", self.printed, maxsplit=1, flags=re.MULTILINE)[0].strip()

    @property
    def short(self) -> str:
        """The message without the traces that are in it."""
        return TRACE.sub("\n  …\n\n", self.message).strip()

    @property
    def crashed(self) -> bool:
        """Whether the process ended without a word of Python's."""
        return self.exit != 0 and not self.kind


@dataclass(frozen=True)
class Attempt:
    """The outcomes of all stages by side, with the versions of the frameworks."""

    name: str
    versions: dict[str, str]
    sides: dict[str, dict[str, Outcome]]


def read(request: Request, store: Store) -> Attempt | None:
    """What there is of a request; None where it did not run. Raises TaskError where that is damaged."""
    return kept(request.folder(store), _read, "make the mistake again", request.name)


def _read(folder: Path, name: str) -> Attempt:
    told = answers(folder)
    sides = {
        side: {stage: _outcome(path(name, side).name, answer["stages"][stage]) for stage in STAGES}
        for side, answer in told.items()
    }
    return Attempt(name, versions(told), sides)


def _outcome(file: str, told: dict[str, Any]) -> Outcome:
    printed = ESCAPES.sub("", told["printed"])
    named = re.findall(rf"{re.escape(file)}(?:\", line |:| \(L)(\d+)", printed)
    lines = tuple(dict.fromkeys(int(number) for number in reversed(named)))[::-1]
    return Outcome(printed, told["kind"], ESCAPES.sub("", told["message"]), told["exit"], told["seconds"], lines)
