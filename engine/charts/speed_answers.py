"""The answer of a benchmark in sentences: who is faster, by how much and how surely, or why none can tell."""

import math
from dataclasses import dataclass

from engine.bench.pairs import Pair, PairResult, equal, own
from engine.bench.plan import Plan
from engine.bench.results import Results
from engine.charts.speed_alone import alone
from engine.charts.speed_doubts import doubts
from engine.charts.speed_labels import axis_of, label, place_of, varied
from engine.charts.speed_verdict import calls_words, chosen_words, turned, verdict, whose
from engine.charts.speed_words import own_optimizer, state_words
from engine.config import NAMES
from engine.quantities import count, rate

SHARED = ("threads", "workers")  # axes over which one framework is set against itself
BRACKETS = "In brackets: the 95 % interval of the ratio (Student's t on its logarithm), n rounds."
APART = 0.05  # two processes that do the same were 3.7 % apart: see docs/benchmarks.md
CLOSE = f"Two processes of one and the same thing may differ by almost {APART:.0%}; Thorough tells whether these do."
ONE_OF_EACH = "Quick measured one process of each: the interval is for these. Thorough starts new ones in each round."


@dataclass(frozen=True)
class Told:
    """All that is said of a benchmark. `partial` is what became of it, empty where it has simply finished.

    The first of `answers` is the heading; `more` follows from the numbers; `notes` are small print.
    """

    partial: str
    answers: list[str]
    more: list[str]
    doubts: list[str]
    notes: list[str]


def told(plan: Plan, found: Results, this_machine: bool) -> Told:
    """Every sentence about a benchmark, in the order in which they are read."""
    more = [*efficiencies(plan, found), *break_evens(plan, found)]
    if found.limits:
        limits = ", ".join(f"{name.lower()} {rate(limit)}" for name, limit in found.limits.items())
        more.append(f"What {whose(this_machine)} would allow, in steps per second: {limits}.")
    lost = [f"{label(plan, plan.cases[one.case])}: {one.lost}" for one in found.cases if one.lost]
    notes = [BRACKETS if any(pair.ratio for pair in found.pairs) else "", own_optimizer(plan)]
    doubted = [*doubts(plan, found), *lost]
    if plan.preset == "quick" and found.processes > 1 and any(pair.word for pair in found.pairs):
        notes.append(ONE_OF_EACH)
        if any(_is_close(pair) for pair in found.pairs):
            doubted.append(CLOSE)
    return Told(
        state_words(found),
        answers(plan, found, this_machine) or [alone(plan, found, this_machine)],
        more,
        doubted,
        [note for note in notes if note],
    )


def _is_close(pair: PairResult) -> bool:
    """Whether one is said to be faster by so little that it may be its process alone."""
    return pair.faster is not None and abs(math.log(pair.ratio or 1.0)) < math.log(1 + APART)


def efficiencies(plan: Plan, found: Results) -> list[str]:
    """Over threads or workers: what share of so many times the speed of one each number of them reaches."""
    axis = axis_of(plan)
    if axis not in SHARED:
        return []
    said: dict[str, list[str]] = {}
    mine = own(plan)
    for pair in found.pairs:
        places = [place_of(plan.cases[place], axis) for place in (pair.first, pair.second)]
        if (pair.first, pair.second) not in mine or 1 not in places or not pair.word:
            continue
        more = turned(pair) if places[0] == 1 else pair
        many = max(place or 0 for place in places)
        low, middle, high = (f"{(value or 0) / many:.0%}" for value in (more.low, more.ratio, more.high))
        share = f"{middle} [{low}, {high}; n = {pair.n}] for {many:.0f}"
        said.setdefault(plan.cases[pair.first].framework, []).append(share)
    return [f"Scaling efficiency of {NAMES[side]} over {axis}: {', '.join(parts)}." for side, parts in said.items()]


def pairs_shown(plan: Plan, found: Results) -> list[PairResult]:
    """The pairs that mean something: over an axis those at one place of it, and over SHARED one way of running too.

    Over precisions or devices none is of two frameworks and of two of these as well.
    """
    axis = axis_of(plan)
    if not axis:
        return _meant(plan, found) if varied(plan) else list(found.pairs)
    return [
        pair for pair in found.pairs if _across(plan, pair, axis) or (axis in SHARED and _same_framework(plan, pair))
    ]


def _meant(plan: Plan, found: Results) -> list[PairResult]:
    """Each framework against itself, then both where all else is equal."""
    order: list[Pair] = list(dict.fromkeys([*own(plan), *equal(plan)]))
    there = {(pair.first, pair.second): pair for pair in found.pairs}
    return [there[pair] for pair in order if pair in there]


def _same_framework(plan: Plan, pair: PairResult) -> bool:
    return plan.cases[pair.first].framework == plan.cases[pair.second].framework


def answers(plan: Plan, found: Results, this_machine: bool = True) -> list[str]:
    """The answer first: the pairs that the question is about, each in a sentence.

    Of a ladder that is the fastest of PyTorch against the fastest of TensorFlow.
    """
    if found.headline:
        said = verdict(plan, found.headline, this_machine)
        return [said, *filter(None, [chosen_words(plan, found.headline)])]
    axis = axis_of(plan)
    shown = [pair for pair in found.pairs if _across(plan, pair, axis)] if axis else _meant(plan, found)
    shown = shown or [pair for pair in found.pairs if pair.first == 0]
    calls = [calls_words(plan, pair) for pair in shown]
    return [
        verdict(plan, pair, this_machine)
        if place == 0
        else f"{verdict(plan, pair, brief=True)} {calls[place] if calls[place] not in calls[:place] else ''}".strip()
        for place, pair in enumerate(shown)
    ]


def _across(plan: Plan, pair: PairResult, axis: str) -> bool:
    one, other = plan.cases[pair.first], plan.cases[pair.second]
    return one.framework != other.framework and place_of(one, axis) == place_of(other, axis)


def break_evens(plan: Plan, found: Results) -> list[str]:
    """For each way of running that begins slower and runs faster than the plain one: after how many steps it pays.

    Of two cases alone, whatever they are, the one against the other.
    """
    said, mine = [], own(plan)
    for pair in pairs_shown(plan, found):
        ours = len(plan.cases) == 2 or (pair.first, pair.second) in mine
        if pair.break_even is None or pair.faster is None or not ours:
            continue
        names = [label(plan, plan.cases[place]) for place in (pair.faster, pair.first + pair.second - pair.faster)]
        unit = "call" if plan.quantity == "inference" else "step"
        many = count(round(pair.break_even), unit)
        said.append(f"Against {names[1]}, the longer first {unit} of {names[0]} pays for itself after {many}.")
    return said
