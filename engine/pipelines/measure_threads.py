"""The process that has one side's threads measured: `python -m engine.pipelines.measure_threads FRAMEWORK FOLDER`.

FOLDER holds request.json. Each setting of threads has a process of its own, for it cannot be changed once something was
computed; no framework is loaded here. What each turn found is a line of measurements.jsonl.
"""

import json
import sys
from pathlib import Path
from typing import Any

from engine.bench.process import CaseFailed, Subject
from engine.measure.warm_up import warm_up
from engine.pipelines import turns
from engine.pipelines.beside import Others, opened
from engine.workers import settings


class Measured:
    """The processes of one side, which sleep while another is asked."""

    def __init__(self, framework: str, folder: Path, request: dict[str, Any]):
        self._framework, self._folder, self._request = framework, folder, request
        self._subjects: dict[tuple[int, int], tuple[Subject, dict[str, int]]] = {}
        self._counts: dict[int, int] = {}
        self._others = Others()

    def open(self, turn: turns.Turn) -> dict[str, Any]:
        """Who measures."""
        return opened(self._framework)

    def check(self, turn: turns.Turn) -> dict[str, Any]:
        """What the framework says of its threads, in a fresh process for each setting of them."""
        return self._subject(turn.case)[1]

    def warm_up(self, turn: turns.Turn) -> dict[str, Any]:
        """Step after step until two windows of them agree."""
        wanted = self._request["block_seconds"]
        windows, self._counts[turn.case], agreed = warm_up(lambda count: self._steps(turn.case, count), wanted)
        return {"seconds_per_step": windows, "agreed": agreed}

    def block(self, turn: turns.Turn) -> dict[str, Any]:
        """So many steps in a row."""
        count = self._counts[turn.case]
        return {"round": turn.round, "count": count, "seconds": self._steps(turn.case, count)}

    def state(self, turn: turns.Turn) -> dict[str, Any]:
        """How busy others kept the machine since the last such turn."""
        return {"round": turn.round, **self._others(self._folder)}

    def end(self) -> None:
        """End all processes."""
        for subject, _ in self._subjects.values():
            subject.end()

    def _steps(self, case: int, count: int) -> float:
        return self._subject(case)[0].ask(do="block", work=self._request["cases"][case]["work"], count=count)["seconds"]

    def _subject(self, case: int) -> tuple[Subject, dict[str, int]]:
        """The process of the case's setting, and the threads that its framework has; both works share it."""
        asked = {name: self._request["cases"][case][name] for name in ("inside", "between")}
        key = (asked["inside"], asked["between"])
        if key not in self._subjects:
            environment = settings(asked["inside"], "cpu")
            number = len(self._subjects)
            program = "engine.pipelines.threaded"
            subject = Subject(self._framework, environment, self._folder, number, lambda: False, program)
            self._subjects[key] = subject, subject.ask(do="open", **asked)
        return self._subjects[key]


def main(framework: str, folder: Path) -> None:
    """Take this side's turns until all are over."""
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    measured = Measured(framework, folder, request)
    order = turns.schedule([case["side"] for case in request["cases"]], request["rounds"])
    try:
        turns.take(framework, folder, order, measured)
    except CaseFailed as error:
        sys.exit(str(error))
    finally:
        measured.end()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
