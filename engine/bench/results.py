"""What a benchmark found, from its lines alone: each case's numbers, each pair's ratio and verdict, and doubts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.bench.certificate import Seen, across, certificate, seen_of
from engine.bench.pairs import PairResult, certified, chosen, judged_pair, pairs_of, with_break_even
from engine.bench.plan import PER_SECOND, Plan
from engine.bench.timings import CaseResult, Line, Lines, by_type, case_of
from engine.fairness.certificate import Certificate

WORTH_TELLING = 0.01  # by so much wider is an interval that somebody should know of


class ResultsError(ValueError):
    """Lines that are none of a benchmark; the message is one sentence."""


@dataclass(frozen=True)
class Results:
    """All of it. `word` is queued, running, finished, stopped, failed or interrupted; `sentence` what is said of it.

    `headline` is the pair that answers a ladder, one of `pairs`: see pairs.chosen.
    """

    word: str
    sentence: str
    cases: tuple[CaseResult, ...]
    pairs: tuple[PairResult, ...]
    remarks: tuple[str, ...]
    machine: Mapping[str, Any]
    rounds: int
    limits: Mapping[str, float] = field(default_factory=dict)  # of the machine, in steps per second, by name
    certificate: Certificate | None = None
    headline: PairResult | None = None
    processes: int = 0  # in which cases were measured

    @property
    def partial(self) -> bool:
        return self.word != "finished"


def results(plan: Plan, lines: Sequence[Line]) -> Results:
    """Everything that the lines say so far. Raises ResultsError."""
    try:
        read, seen, wider = _read(plan, lines)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ResultsError(f"The measurements are damaged: {type(error).__name__}: {error}.") from None
    best = chosen(plan, read.cases)
    wanted = list(dict.fromkeys([*([best[0]] if best else []), *pairs_of(plan)]))
    judged = {pair: certificate(plan, seen, *pair) for pair in wanted}
    pairs = []
    for pair, controls in judged.items():
        together = best[1] if best and pair == best[0] else 1
        found = certified(judged_pair(read.cases, pair, wider, together), controls)
        pairs.append(with_break_even(found, read.cases) if plan.quantity in PER_SECOND else found)
    shown = sorted(judged, key=lambda pair: not across(plan, *pair))  # that of both frameworks before others
    return replace(
        read,
        pairs=tuple(pairs),
        certificate=next(filter(None, (judged[pair] for pair in shown)), None),
        headline=pairs[0] if best else None,
    )


def _read(plan: Plan, lines: Sequence[Line]) -> tuple[Results, tuple[Seen, ...], float]:
    """What the lines say before anything is judged, what there is to judge, and by how much intervals are wider."""
    kinds, every = by_type(lines), range(len(plan.cases))
    cases = tuple(case_of(plan, number, kinds) for number in every)
    states, ended = kinds.get("state", []), kinds.get("ended", [{}])[-1]
    read = Results(
        word=str(ended.get("word", "running" if lines else "queued")),
        sentence=str(ended.get("sentence", "")),
        cases=cases,
        pairs=(),
        remarks=_remarks(states),
        machine=_machine(kinds),
        rounds=len({block.round for case in cases for block in case.blocks}),
        limits=_limits(kinds.get("floor", [])),
        processes=len(kinds.get("process", [])),
    )
    return read, tuple(seen_of(number, kinds) for number in every), 1 + disturbed(states)


def disturbed(states: Sequence[Line]) -> float:
    """The largest share of the processor that others took in a round, and the share of rounds in which it swapped."""
    others = max((float(line["others_share"]) for line in states), default=0.0)
    return others + sum(bool(line.get("swapped_bytes")) for line in states) / max(1, len(states))


def _limits(floors: Sequence[Line]) -> dict[str, float]:
    """Steps per second that the machine's arithmetic and memory would allow at the rates that were measured."""
    told = [line for line in floors if line.get("flops_per_step") and line.get("bytes_per_step")]
    if not told:
        return {}
    flops, moved = (min(float(line[name]) for line in told) for name in ("flops_per_step", "bytes_per_step"))
    fastest, copied = (max(float(line[name]) for line in floors) for name in ("matmul_flops", "copy_bytes_per_second"))
    return {"Arithmetic": fastest / flops, "Memory": copied / moved}


def _machine(kinds: Lines) -> dict[str, Any]:
    """The machine as the first line tells it, with the frameworks' versions as their processes do."""
    found = dict(kinds.get("machine", [{}])[0])
    versions = {line["framework"]: line["version"] for line in kinds.get("process", []) if "version" in line}
    return found | {"versions": {**found.get("versions", {}), **versions}} if found else found


def _remarks(states: Sequence[Line]) -> tuple[str, ...]:
    found = []
    if shares := [line["others_share"] for line in states if (line.get("others_share") or 0) > WORTH_TELLING]:
        rounds = "1 round" if len(shares) == 1 else f"{len(shares)} rounds"
        found.append(
            f"Other programs took up to {max(shares):.0%} of the processor in {rounds}, so every interval is wider."
        )
    if any(line.get("swapped_bytes") for line in states):
        found.append("The machine swapped memory to disk, so every interval is wider.")
    return tuple(found)
