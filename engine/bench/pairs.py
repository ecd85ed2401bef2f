"""Two cases of a benchmark against each other: which pairs there are, their ratio and word, and what takes it away."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.bench.plan import Case, Plan, is_ladder, name_of
from engine.bench.timings import CaseResult
from engine.config import NAMES
from engine.fairness.certificate import Certificate
from engine.fairness.intervals import CONFIDENCE, interval

MARGIN = 0.03  # ratios from 1/(1 + this) to 1 + this count as the same
WITHIN = f"{100 * MARGIN:g} %"
LEAST_ROUNDS = 5
THERE_AND_BACK = 2  # blocks that a case has in a whole round
PLAIN = {"torch": "torch.eager", "tensorflow": "tensorflow.graph.one"}  # the way that others of a ladder are held to
# What may differ between two cases that do the same work.
WAYS = ("frameworks", "execution", "steps_per_call", "device", "precision", "threads", "workers")
UNRECORDED = "it is not certified: nothing was recorded of what was measured"
Pair = tuple[int, int]


@dataclass(frozen=True)
class PairResult:
    """How many times as fast the first case is as the second, over `n` rounds; `why` says why there is no verdict.

    Where a pair was chosen after measuring, its interval holds for all `together` pairs that it was chosen from.
    """

    first: int
    second: int
    ratio: float | None
    low: float | None
    high: float | None
    n: int
    word: str  # faster, slower, same, cannot tell, or "" where no verdict is given
    why: str = ""
    break_even: float | None = None  # steps, or calls, after which the faster, slower to begin, has caught up
    together: int = 1

    @property
    def faster(self) -> int | None:
        """The case that is faster; None where none can be said to be."""
        return {"faster": self.first, "slower": self.second}.get(self.word)


# Which pairs there are


def pairs_of(plan: Plan) -> list[Pair]:
    """Each against the first, each against its framework's plain way, and the frameworks where all else is equal."""
    firsts = ((0, second) for second in range(1, len(plan.cases)))
    return list(dict.fromkeys([*firsts, *own(plan), *equal(plan)]))


def equal(plan: Plan) -> list[Pair]:
    """The frameworks against each other where all else is equal."""
    every = range(len(plan.cases))
    return [(one, other) for one in every for other in every[one + 1 :] if _equal(plan.cases[one], plan.cases[other])]


def _equal(one: Case, other: Case) -> bool:
    if one.framework == other.framework or one.loop != other.loop:
        return False
    return one.config.model_copy(update={"frameworks": other.config.frameworks}) == other.config


def own(plan: Plan) -> list[Pair]:
    """Each case with the plain way of its own framework to do the same work, the lower number first.

    Plain is PLAIN of a ladder, and else the framework's first case of ours on the fewest threads and workers.
    """
    plain = _plain_of_ladder(plan) if is_ladder(plan) else _plain_of_others(plan)
    return list(dict.fromkeys((min(pair), max(pair)) for pair in plain.items() if pair[0] != pair[1]))


def _plain_of_ladder(plan: Plan) -> dict[int, int]:
    plain: dict[str, int] = {}
    for number, case in enumerate(plan.cases):
        if name_of(case) == PLAIN[case.framework]:
            plain.setdefault(case.framework, number)
    every = enumerate(plan.cases)
    return {number: plain[case.framework] for number, case in every if case.framework in plain}


def _plain_of_others(plan: Plan) -> dict[int, int]:
    ours = [number for number, case in enumerate(plan.cases) if case.loop == "engine"]
    ours.sort(key=lambda number: (plan.cases[number].config.threads, plan.cases[number].config.workers))
    return {
        number: next((place for place in ours if _same_work(case, plan.cases[place])), number)
        for number, case in enumerate(plan.cases)
    }


def _same_work(one: Case, other: Case) -> bool:
    """Of one framework; the ways to do it may differ."""
    ways = {name: getattr(one.config, name) for name in WAYS}
    return one.framework == other.framework and other.config.model_copy(update=ways) == one.config


def chosen(plan: Plan, cases: Sequence[CaseResult]) -> tuple[Pair, int] | None:
    """Of a ladder the fastest way of each framework, or of its one framework the fastest and the plain one.

    With it the number of pairs that it is chosen from; None of anything else.
    """
    if not is_ladder(plan):
        return None
    told = [one for one in cases if plan.cases[one.case].loop == "engine" and one.median and not one.lost]
    fastest = sorted(told, key=lambda one: one.median or 0.0)
    ways = Counter(one.framework for one in fastest)
    if len(ways) == 2:
        best = [next(one.case for one in fastest if one.framework == framework) for framework in ways]
        return (min(best), max(best)), math.prod(ways.values())
    places = [one.case for one in fastest]
    held = [pair for pair in own(plan) if set(pair) <= set(places)]
    return (min(held, key=lambda pair: sum(map(places.index, pair))), len(held)) if held else None


# What is said of a pair


def judged_pair(cases: Sequence[CaseResult], pair: Pair, wider: float, together: int = 1) -> PairResult:
    """The pair from its timings alone.

    `wider` times the interval: what disturbed the machine makes the answer less sure. Where the pair is chosen from
    `together` pairs, its interval is the one of 1 − 0.05/together, so that all of them hold at once (Bonferroni).
    """
    first, second = pair
    one, other = cases[first], cases[second]
    left, right = _whole_rounds(one), _whole_rounds(other)
    logs = [right[place] - left[place] for place in sorted(left.keys() & right.keys())]
    why = one.lost or other.lost or _missed(one, other)
    found = None if why else interval(logs, 1 - (1 - CONFIDENCE) / together)
    if found is None:
        return PairResult(first, second, None, None, None, len(logs), "", why or "it needs at least two whole rounds")
    half = (found.high - found.low) / 2 * wider
    ratio, low, high = (float(np.exp(found.mean + part)) for part in (0, -half, half))
    same = low >= 1 / (1 + MARGIN) and high <= 1 + MARGIN
    word = "same" if same else "faster" if low > 1 else "slower" if high < 1 else "cannot tell"
    why = f"a verdict needs {LEAST_ROUNDS} whole rounds" if len(logs) < LEAST_ROUNDS else ""
    return PairResult(first, second, ratio, low, high, len(logs), "" if why else word, why, together=together)


def _whole_rounds(case: CaseResult) -> dict[int, float]:
    """The mean logarithm of a case's seconds in each round in which it was timed there and back."""
    rounds: dict[int, list[float]] = {}
    for block in case.blocks:
        rounds.setdefault(block.round, []).append(block.seconds)
    return {
        place: float(np.mean(np.log(seconds))) for place, seconds in rounds.items() if len(seconds) >= THERE_AND_BACK
    }


def _missed(*cases: CaseResult) -> str:
    """Who did not reach the quality in every training; what ended otherwise took no time to it."""
    return " and ".join(
        f"{NAMES[one.framework]} reached it in {one.reached} of {len(one.blocks)} trainings"
        for one in cases if one.missed
    )  # fmt: skip


def certified(found: PairResult, judged: Certificate | None) -> PairResult:
    """The pair without its verdict where a control that guards speed failed, or where there was nothing to judge."""
    if judged is None:
        return replace(found, word="", why=found.why or UNRECORDED)
    if judged.holds("speed") is False:
        why = "; ".join(one.evidence for one in judged.guarding("speed", "fail")[:2])
        return replace(found, word="", why=why)
    return found


def with_break_even(found: PairResult, cases: Sequence[CaseResult]) -> PairResult:
    """The pair with the steps, or calls, after which the longer first one of the faster has paid for itself.

    Nothing is told where no verdict names the faster, or where the medians do not agree with it.
    """
    if found.faster is None:
        return found
    faster, slower = cases[found.faster], cases[found.first + found.second - found.faster]
    begin, pace = (faster.first_seconds, slower.first_seconds), (faster.median, slower.median)
    if None in begin or None in pace:
        return found
    later, gained = begin[0] - begin[1], pace[1] - pace[0]  # type: ignore[operator]
    return replace(found, break_even=later / gained) if later > 0 and gained > 0 else found
