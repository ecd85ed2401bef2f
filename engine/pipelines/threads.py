"""Threads inside of an operation and between operations: what is asked, and what was found.

A result is `pipelines/threads-<digest>/`: request.json and measurements.jsonl. It appears whole or not at all.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.bench.results import CaseResult, PairResult, disturbed, judged_pair
from engine.config import FRAMEWORKS
from engine.operators.request import PROFILE
from engine.pipelines import turns
from engine.pipelines.judged import case_result, of_case
from engine.pipelines.sources import source
from engine.pipelines.threaded import WORKS
from engine.runs import Store
from engine.tasks import task
from engine.tasks.results import digest, kept
from engine.tasks.usual_request import UsualRequest

ROUNDS, BLOCK_SECONDS = 5, 0.4
MEASUREMENT = task.Kind(
    "measurement",
    "measured",
    "engine.pipelines.measure_threads",
    together=True,
    hindrance=PROFILE.hindrance,
)


@dataclass(frozen=True)
class Case:
    """One work of one side with so many threads inside of an operation and between operations."""

    side: str
    work: str
    inside: int
    between: int


@dataclass(frozen=True)
class Request(UsualRequest):
    """Both works with 1 thread up to all cores, doubling: inside with one between, and the other way round.

    Each process sets its threads itself.
    """

    cores: int
    rounds: int = ROUNDS
    kind: str = "threads"
    how = MEASUREMENT

    @property
    def counts(self) -> list[int]:
        """1, 2, 4, … and all cores."""
        return sorted({*(2**power for power in range(self.cores.bit_length())), self.cores})

    @property
    def cases(self) -> tuple[Case, ...]:
        """Both sides' cases beside each other."""
        settings = [(1, 1), *((many, 1) for many in self.counts[1:]), *((1, many) for many in self.counts[1:])]
        return tuple(Case(side, work, *threads) for work in WORKS for threads in settings for side in FRAMEWORKS)

    @property
    def steps(self) -> int:
        """How many turns it takes."""
        return len(turns.schedule([case.side for case in self.cases], self.rounds))

    def asked(self) -> dict[str, Any]:
        """What the processes read."""
        cases = [asdict(case) for case in self.cases]
        return {"cases": cases, "rounds": self.rounds, "block_seconds": BLOCK_SECONDS}

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""
        known = json.dumps(self.asked(), sort_keys=True) + "".join(source("threads", side) for side in FRAMEWORKS)
        return store.root / "pipelines" / f"threads-{digest(known)}"


@dataclass(frozen=True)
class Threaded:
    """One case's seconds per step, and the threads that its framework says it has."""

    case: Case
    result: CaseResult
    said: tuple[int, int] | None


@dataclass(frozen=True)
class Found:
    """All cases; `pairs` are each against the same work and side with one thread of both kinds."""

    cases: tuple[Threaded, ...]
    pairs: tuple[PairResult, ...]
    others_share: float
    versions: dict[str, str]


def here() -> Request:
    """What this machine's cores ask for."""
    return Request(os.cpu_count() or 1)


def read(request: Request, store: Store) -> Found | None:
    """What there is of a request; None where it was not measured. Raises TaskError where that is damaged."""
    return kept(request.folder(store), _read, "measure again", request)


def _read(folder: Path, request: Request) -> Found:
    return found(request, turns.lines(folder))


def found(request: Request, lines: Sequence[dict[str, Any]]) -> Found:
    """What the lines of all turns say. Raises ValueError and KeyError where they are none of such."""
    cases = tuple(_threaded(number, case, lines) for number, case in enumerate(request.cases))
    states = [line for line in lines if line["kind"] == "state" and line["round"] >= 0]
    place = {case: number for number, case in enumerate(request.cases)}
    wider, results = 1 + disturbed(states), [case.result for case in cases]
    pairs = tuple(
        judged_pair(results, (number, place[Case(case.side, case.work, 1, 1)]), None, wider, False)
        for case, number in place.items()
        if case.inside * case.between > 1
    )
    versions = {line["side"]: line["version"] for line in lines if line["kind"] == "open"}
    return Found(cases, pairs, max((line["others_share"] for line in states), default=0.0), versions)


def _threaded(number: int, case: Case, lines: Sequence[dict[str, Any]]) -> Threaded:
    said = next(((line["inside"], line["between"]) for line in of_case(number, lines)["check"]), None)
    return Threaded(case, case_result(number, lines), said)
