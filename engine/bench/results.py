"""What a benchmark found, from its lines alone: each case's numbers, each pair's ratio and verdict, and doubts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.bench.benchmark import Plan
from engine.bench.certificate import across, certificate
from engine.config import NAMES
from engine.fairness.certificate import Certificate
from engine.fairness.intervals import interval
from engine.measure.noise import Noise, noise

MARGIN = 0.03
LEAST_ROUNDS = 5
Line = Mapping[str, Any]


class ResultsError(ValueError):
    """Lines that are none of a benchmark; the message is one sentence."""


@dataclass(frozen=True)
class Block:
    """Seconds of one step or call in one timed block."""

    round: int
    position: int
    seconds: float


@dataclass(frozen=True)
class CaseResult:
    """The numbers of one case, all in seconds and bytes; None where nothing was measured."""

    case: int
    blocks: tuple[Block, ...]
    median: float | None
    mad: float | None
    latencies: Mapping[int, float] = field(default_factory=dict)  # seconds by percentile
    first_seconds: float | None = None
    input_seconds: float | None = None
    build_seconds: float | None = None
    import_seconds: float | None = None
    peak_bytes: int | None = None
    processes: int = 0
    reached: int | None = None  # of time to quality: in how many rounds it was
    lost: str = ""  # why it could not be measured, or not to the end
    noise: Noise = field(default_factory=Noise)
    settled: bool = True  # whether two windows of every warm-up agreed


@dataclass(frozen=True)
class PairResult:
    """How many times as fast the first case is as the second, over `n` rounds; `why` says why there is no verdict."""

    first: int
    second: int
    ratio: float | None
    low: float | None
    high: float | None
    n: int
    word: str  # faster, slower, same, cannot tell, or "" where no verdict is given
    why: str = ""
    break_even: float | None = None  # steps, or calls, after which the faster, slower to begin, has caught up


@dataclass(frozen=True)
class Results:
    """All of it. `word` is queued, running, finished, stopped, failed or interrupted; `sentence` what is said of it."""

    word: str
    sentence: str
    cases: tuple[CaseResult, ...]
    pairs: tuple[PairResult, ...]
    remarks: tuple[str, ...]
    machine: Mapping[str, Any]
    rounds: int
    limits: Mapping[str, float] = field(default_factory=dict)  # of the machine, in steps per second, by name
    certificate: Certificate | None = None

    @property
    def partial(self) -> bool:
        return self.word != "finished"


def results(plan: Plan, lines: Sequence[Line]) -> Results:
    """Everything that the lines say so far. Raises ResultsError."""
    try:
        return _results(plan, lines)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError) as error:
        raise ResultsError(f"The measurements are damaged: {type(error).__name__}: {error}.") from None


def _results(plan: Plan, lines: Sequence[Line]) -> Results:
    kinds = {kind: [line for line in lines if line["type"] == kind] for kind in {line["type"] for line in lines}}
    cases = tuple(_case(number, kinds) for number in range(len(plan.cases)))
    ended = kinds.get("ended", [{}])[-1]
    word = str(ended.get("word", "running" if lines else "queued"))
    floors = {name: max(float(line[name]) for line in kinds["floor"]) for name in ("matmul_flops",
              "copy_bytes_per_second")} if "floor" in kinds else {}  # fmt: skip
    judged = {pair: certificate(plan, kinds, *pair) for pair in _pairs(plan)}
    wider = 1 + disturbed(kinds.get("state", []))
    begins = plan.quantity in ("training_step", "inference")  # other quantities have their first step within
    pairs = tuple(judged_pair(cases, pair, judged[pair], wider, begins) for pair in judged)
    shown = sorted(judged, key=lambda pair: not across(plan, *pair))  # that of both frameworks before others
    rounds = len({block.round for case in cases for block in case.blocks})
    remarks = _remarks(kinds) + _calls(plan)
    return Results(word, str(ended.get("sentence", "")), cases, pairs, remarks,
                   _machine(kinds), rounds, _limits(kinds, floors),
                   next(filter(None, (judged[pair] for pair in shown)), None))  # fmt: skip


def _case(number: int, kinds: Mapping[str, list[Line]]) -> CaseResult:
    blocks = [
        Block(int(line["round"]), int(line.get("position", 0)), float(line["seconds"]) / int(line["count"]))
        for line in kinds.get("block", []) if line["case"] == number
    ]  # fmt: skip
    mine = [line for line in kinds.get("block", []) if line["case"] == number]
    outcomes = [line for line in kinds.get("outcome", []) if line["case"] == number]
    blocks += [Block(int(line["round"]), 0, float(line["seconds"])) for line in outcomes]
    each = [one for line in kinds.get("block", []) if line["case"] == number for one in line.get("each", [])]
    told = [line for line in kinds.get("case", []) if line["case"] == number]
    ended_up = [*told, *mine, *outcomes]
    processes = {line["process"] for line in told}
    # A process has one peak: where other cases live in it too, it is no case's own.
    shared = any(line["process"] in processes and line["case"] != number for line in kinds.get("case", []))
    imports = [float(line["import_seconds"]) for line in kinds.get("process", []) if line["process"] in processes]
    seconds = np.array([block.seconds for block in blocks])
    if not (np.isfinite(seconds) & (seconds > 0)).all():
        raise ValueError("a block took no time")
    median = float(np.median(seconds)) if len(seconds) else None
    return CaseResult(
        number, tuple(blocks), median, float(np.median(np.abs(seconds - median))) if median is not None else None,
        {point: float(np.percentile(each, point)) for point in (50, 95, 99)} if each else {},
        first_seconds=_middle(told, "first_seconds"),
        input_seconds=_middle(told, "input_seconds"),
        build_seconds=_middle(told, "build_seconds"),
        import_seconds=float(np.median(imports)) if imports else None,
        peak_bytes=None if shared else max((int(line["peak_bytes"]) for line in ended_up if line.get("peak_bytes")),
                                           default=None),
        processes=len(processes),
        reached=sum(bool(line["reached"]) for line in outcomes) if any("reached" in o for o in outcomes) else None,
        noise=noise([block.round for block in blocks], seconds),
        settled=all(line["agreed"] for line in kinds.get("warm_up", []) if line["case"] == number),
        lost=next((str(line["sentence"]) for line in kinds.get("lost", []) if line["case"] == number), ""),
    )  # fmt: skip


def _middle(told: list[Line], name: str) -> float | None:
    values = [float(line[name]) for line in told if line.get(name) is not None]
    return float(np.median(values)) if values else None


def _pairs(plan: Plan) -> list[tuple[int, int]]:
    """Each against the first, and the frameworks against each other where all else is equal."""
    found = [(0, second) for second in range(1, len(plan.cases))]
    for first, one in enumerate(plan.cases):
        for second in range(first + 1, len(plan.cases)):
            other = plan.cases[second]
            same = one.config.model_copy(update={"frameworks": other.config.frameworks}) == other.config
            if same and one.loop == other.loop and one.framework != other.framework:
                found.append((first, second))
    return list(dict.fromkeys(found))


def judged_pair(
    cases: Sequence[CaseResult], pair: tuple[int, int], judged: Certificate | None, wider: float, begins: bool
) -> PairResult:
    """`wider` times the interval: what disturbed the machine makes the answer less sure."""
    first, second = pair
    left, right = _by_round(cases[first]), _by_round(cases[second])
    logs = [right[place] - left[place] for place in sorted(left.keys() & right.keys())]
    found = interval(logs)
    if lost := cases[first].lost or cases[second].lost:
        return PairResult(first, second, None, None, None, len(logs), "", lost)
    if found is None:
        return PairResult(first, second, None, None, None, len(logs), "", "it needs at least two whole rounds")
    half = (found.high - found.low) / 2 * wider
    ratio, low, high = (float(np.exp(found.mean + part)) for part in (0, -half, half))
    same = low >= 1 / (1 + MARGIN) and high <= 1 + MARGIN
    word = "same" if same else "faster" if low > 1 else "slower" if high < 1 else "cannot tell"
    why = f"a verdict needs {LEAST_ROUNDS} whole rounds" if len(logs) < LEAST_ROUNDS else ""
    if judged and judged.holds("speed") is False:
        why = "; ".join(one.evidence for one in judged.guarding("speed", "fail")[:2])
    even = _break_even(cases[first], cases[second]) if begins else None
    return PairResult(first, second, ratio, low, high, len(logs), "" if why else word, why, even)


def disturbed(states: Sequence[Line]) -> float:
    """The largest share of the processor that others took in a round, and the share of rounds in which it swapped."""
    others = max((float(line["others_share"]) for line in states), default=0.0)
    return others + sum(bool(line.get("swapped_bytes")) for line in states) / max(1, len(states))


def _limits(kinds: Mapping[str, list[Line]], floors: Mapping[str, float]) -> dict[str, float]:
    """Steps per second that the machine's arithmetic and memory would allow at the rates that were measured."""
    told = [line for line in kinds.get("floor", []) if line.get("flops_per_step") and line.get("bytes_per_step")]
    if not told:
        return {}
    flops, moved = (min(float(line[name]) for line in told) for name in ("flops_per_step", "bytes_per_step"))
    return {"Arithmetic": floors["matmul_flops"] / flops, "Memory": floors["copy_bytes_per_second"] / moved}


def _machine(kinds: Mapping[str, list[Line]]) -> dict[str, Any]:
    """The machine as the first line tells it, with the frameworks' versions as their processes do."""
    found = dict(kinds.get("machine", [{}])[0])
    versions = {line["framework"]: line["version"] for line in kinds.get("process", []) if "version" in line}
    return found | {"versions": {**found.get("versions", {}), **versions}} if found else found


def _by_round(case: CaseResult) -> dict[int, float]:
    rounds = {block.round for block in case.blocks}
    return {
        place: float(np.mean([np.log(block.seconds) for block in case.blocks if block.round == place]))
        for place in rounds
    }


def _break_even(first: CaseResult, second: CaseResult) -> float | None:
    if first.first_seconds is None or second.first_seconds is None or first.median is None or second.median is None:
        return None
    later, gained = first.first_seconds - second.first_seconds, second.median - first.median
    return later / gained if later * gained > 0 else None


def _remarks(kinds: Mapping[str, list[Line]]) -> tuple[str, ...]:
    states = kinds.get("state", [])
    found = []
    if shares := [line["others_share"] for line in states if line.get("others_share", 0) > 0.1]:
        rounds = "1 round" if len(shares) == 1 else f"{len(shares)} rounds"
        found.append(
            f"Other programs took up to {max(shares):.0%} of the processor in {rounds}, so every interval is wider."
        )
    if any(line.get("swapped_bytes") for line in states):
        found.append("The machine swapped memory to disk, so every interval is wider.")
    return tuple(found)


def _calls(plan: Plan) -> tuple[str, ...]:
    """That one framework runs many steps in a call and the other one by one, where that is so."""
    sides = {case.framework: case for case in plan.cases if case.loop == "engine"}
    calls = {side: getattr(case.config.steps_per_call, side) for side, case in sides.items()}
    if plan.quantity == "inference" or len(set(calls.values())) < 2:
        return ()
    many, one = sorted(calls, key=calls.__getitem__)
    return (f"{NAMES[many]} runs many steps in one call; {NAMES[one]} runs them one by one.",)
