"""DataLoader against tf.data: what is asked, both processes that measure it, and what they found.

A result is `pipelines/<digest>/`: request.json and measurements.jsonl. It appears whole or not at all.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.bench.results import CaseResult, PairResult, disturbed, judged_pair
from engine.config import FRAMEWORKS, refused
from engine.operators.request import PROFILE
from engine.pipelines import turns
from engine.pipelines.judged import case_result, of_case
from engine.pipelines.sources import source
from engine.runs import Store
from engine.tasks import task
from engine.tasks.results import digest, kept
from engine.tasks.usual_request import UsualRequest

TRANSFORMS = {"python": "Plain Python, example by example", "light": "Light, a batch at once"}
AUTOTUNE = -1  # as tf.data writes it
MOST_WORKERS = 16
ROUNDS, MOST_ROUNDS = 5, 20
CLOCKED = ("wall", "transform", "processor", "batching", "waiting", "hand_over", "busy")
BLOCK_SECONDS = 0.8
MEASUREMENT = task.Kind(
    "measurement", "measured", "engine.pipelines.measure", together=True, hindrance=PROFILE.hindrance
)


def up_to(most: int) -> tuple[int, ...]:
    """Numbers of workers: 0, 1, 2, then doubling, and the most. Raises ConfigError."""
    if not 1 <= most <= MOST_WORKERS:
        raise refused("workers", most, f"a whole number, at least 1 and at most {MOST_WORKERS}")
    return tuple(sorted({0, most, *(2**power for power in range(most.bit_length()))}))


@dataclass(frozen=True)
class Case:
    """One pipeline: a side, and by how many workers it has its examples made; AUTOTUNE leaves that to tf.data."""

    side: str
    workers: int


@dataclass(frozen=True)
class Request(UsualRequest):
    """What is measured; `busy` is the consumer's, in ms per batch."""

    transform: str
    workers: tuple[int, ...]
    batch_size: int
    prefetch: int
    busy: float = 0.0
    rounds: int = ROUNDS
    kind: str = "pipelines"
    how = MEASUREMENT

    @classmethod
    def build(cls, **asked: Any) -> "Request":
        """A request that can be carried out. Raises ConfigError."""
        request = cls(**asked)
        if request.transform not in TRANSFORMS:
            raise refused("transform", request.transform, " or ".join(TRANSFORMS))
        if not request.workers or not all(0 <= each <= MOST_WORKERS for each in request.workers):
            raise refused("workers", list(request.workers), f"whole numbers from 0 to {MOST_WORKERS}")
        for name, least, most in (("batch_size", 1, 1024), ("prefetch", 1, 64), ("rounds", 2, MOST_ROUNDS)):
            if not least <= (value := getattr(request, name)) <= most:
                raise refused(name, value, f"a whole number, at least {least} and at most {most:,}")
        if not 0 <= request.busy <= 100:
            raise refused("busy", request.busy, "milliseconds, at least 0 and at most 100")
        return request

    @property
    def cases(self) -> tuple[Case, ...]:
        """Both sides with each number of workers, then AUTOTUNE, which tf.data alone has."""
        workers = sorted(set(self.workers))
        return (*(Case(side, each) for each in workers for side in FRAMEWORKS), Case("tensorflow", AUTOTUNE))

    @property
    def steps(self) -> int:
        """How many turns it takes."""
        return len(turns.schedule([case.side for case in self.cases], self.rounds, ("parts",)))

    def asked(self) -> dict[str, Any]:
        """What the processes read."""
        told = {name: getattr(self, name) for name in ("transform", "batch_size", "prefetch", "rounds")}
        cases = [asdict(case) for case in self.cases]
        return told | {"cases": cases, "busy_seconds": self.busy / 1000, "block_seconds": BLOCK_SECONDS}

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""
        sources = "".join(source(name, side) for name in (self.transform, "clocks") for side in FRAMEWORKS)
        known = json.dumps(self.asked(), sort_keys=True) + sources
        return store.root / "pipelines" / digest(known)


@dataclass(frozen=True)
class Loader:
    """What one pipeline did. `result` is in seconds per example; `cores` are those that its side kept busy."""

    case: Case
    result: CaseResult
    cores: float | None
    checksum: tuple[int, str, str] | None
    parts: dict[str, float] | None  # seconds per example, of an epoch with clocks in it: see clocks.consumed

    @property
    def rate(self) -> float | None:
        """Examples per second."""
        return 1 / self.result.median if self.result.median else None


@dataclass(frozen=True)
class Found:
    """All pipelines; `pairs` are PyTorch against TensorFlow at equal workers, and each side against itself with 0."""

    request: Request
    loaders: tuple[Loader, ...]
    pairs: tuple[PairResult, ...]
    states: tuple[dict[str, Any], ...]
    versions: dict[str, str]
    machine: dict[str, Any]

    @property
    def same_examples(self) -> bool:
        """Whether every pipeline delivered the same examples, in whatever order."""
        return len({loader.checksum[:2] for loader in self.loaders if loader.checksum}) == 1

    @property
    def same_order(self) -> bool:
        """Whether they did so in the same order."""
        return len({loader.checksum for loader in self.loaders}) == 1

    @property
    def others_share(self) -> float:
        """The largest share of the processor that other programs had in a round."""
        return max((state["others_share"] for state in self.states), default=0.0)


def read(request: Request, store: Store) -> Found | None:
    """What there is of a request; None where it was not measured. Raises TaskError where that is damaged."""
    return kept(request.folder(store), _read, "measure again", request)


def _read(folder: Path, request: Request) -> Found:
    return found(request, turns.lines(folder))


def found(request: Request, lines: Sequence[dict[str, Any]]) -> Found:
    """What the lines of all turns say. Raises ValueError and KeyError where they are none of such."""
    loaders = tuple(_loader(number, case, lines) for number, case in enumerate(request.cases))
    states = tuple(line for line in lines if line["kind"] == "state" and line["round"] >= 0)
    results = [loader.result for loader in loaders]
    wider = 1 + disturbed(states)
    pairs = tuple(judged_pair(results, pair, None, wider, False) for pair in _pairs(request.cases))
    opened = {line["side"]: line for line in lines if line["kind"] == "open"}
    machine: dict[str, Any] = next((line["machine"] for line in opened.values()), {})
    return Found(request, loaders, pairs, states, {side: line["version"] for side, line in opened.items()}, machine)


def _pairs(cases: Sequence[Case]) -> list[tuple[int, int]]:
    """Across the sides at equal workers; then each with workers against the same side without, where that is there."""
    place = {case: number for number, case in enumerate(cases)}
    across = [
        (number, place[Case("tensorflow", case.workers)]) for case, number in place.items() if case.side == "torch"
    ]
    alone = [
        (number, place[Case(case.side, 0)])
        for case, number in place.items()
        if case.workers and Case(case.side, 0) in place
    ]
    return across + alone


def _loader(number: int, case: Case, lines: Sequence[dict[str, Any]]) -> Loader:
    mine = of_case(number, lines)
    result = case_result(number, lines)
    wall = sum(line["seconds"] for line in mine["block"])
    cores = sum(line["processor"] for line in mine["block"]) / wall if wall else None
    check = next(((line["examples"], line["unordered"], line["ordered"]) for line in mine["check"]), None)
    clocked = next((line for line in mine["parts"]), None)
    parts = {name: clocked[name] / clocked["count"] for name in CLOCKED} if clocked else None
    return Loader(case, result, cores, check, parts)
