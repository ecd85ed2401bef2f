"""The answer of a benchmark in sentences: who is faster, by how much and how surely, or why none can tell."""

from engine.bench.benchmark import Plan
from engine.bench.results import PairResult, Results
from engine.charts.speed_labels import AXES, axis_of, label, place_of
from engine.charts.speed_words import work
from engine.config import NAMES
from engine.quantities import NOTHING, count, digits

SHARED = ("threads", "workers")  # axes over which one framework is set against itself


def ratio_words(found: PairResult) -> str:
    """`1.90 [1.80, 2.00], n = 5`; never a ratio alone."""
    if found.ratio is None or found.low is None or found.high is None:
        return f"{NOTHING} (n = {found.n})"
    return f"{interval_words(found.ratio, found.low, found.high)}, n = {found.n}"


def interval_words(ratio: float, low: float, high: float) -> str:
    """`1.90 [1.80, 2.00]`."""
    return f"{factor(ratio)} [{factor(low)}, {factor(high)}]"


def factor(ratio: float) -> str:
    """A ratio with three digits: `0.25`, `1.90`, `12.0`."""
    return f"{ratio:.2f}" if 0.1 <= ratio < 10 else f"{ratio:.1f}" if 10 <= ratio < 100 else digits(ratio, 3)


def verdict(plan: Plan, found: PairResult, this_machine: bool = True, brief: bool = False) -> str:
    """The pair in one sentence: who is faster, with ratio, interval and n; or that it cannot be told; or why not.

    `brief` leaves out what was measured and where, and begins with the place on the axis.
    """
    axis = axis_of(plan)
    one, other = plan.cases[found.first], plan.cases[found.second]
    same_place = axis and place_of(one, axis) == place_of(other, axis)
    first, second = (label(plan, case, axis if same_place else "") for case in (one, other))
    at = f" at {AXES[axis].lower()} {place_of(one, axis):,g}" if same_place else ""
    there = at if axis == "batch_size" else at.replace(" at ", " and ")  # the batch is told before it
    where = "" if brief else f" for {work(plan)}{there} on {'this machine' if this_machine else 'its machine'}"
    told = _told(found, first, second, where)
    return f"{at.strip().capitalize()}: {told}" if brief and at else told


def _told(found: PairResult, first: str, second: str, where: str) -> str:
    if not found.word or found.ratio is None or found.low is None or found.high is None:
        return f"No verdict on {first} and {second}{where}, because {found.why.rstrip('.')}."
    match found.word:
        case "faster":
            return f"{first} is {_times(found)} as fast as {second}{where}."
        case "slower":
            turned = PairResult(found.second, found.first, 1 / found.ratio, 1 / found.high, 1 / found.low, found.n, "")
            return f"{second} is {_times(turned)} as fast as {first}{where}."
        case "same":
            return f"{first} and {second} are equally fast within 3 %{where}: {_times(found)} as fast."
        case _:
            return f"Cannot tell whether {first} or {second} is faster{where}: {_times(found)} as fast."


def _times(found: PairResult) -> str:
    ratio, low, high = (factor(value) for value in (found.ratio, found.low, found.high) if value is not None)
    return f"{ratio} times [{low}, {high}; n = {found.n}]"


def efficiencies(plan: Plan, found: Results) -> list[str]:
    """Over threads or workers: what share of so many times the speed of one each number of them reaches."""
    axis = axis_of(plan)
    if axis not in SHARED:
        return []
    told = []
    for framework in dict.fromkeys(case.framework for case in plan.cases):
        mine: dict[float, float] = {}
        for case, result in zip(plan.cases, found.cases, strict=True):
            place = place_of(case, axis)
            if case.framework == framework and place and result.median:
                mine[place] = result.median
        parts = [
            f"{mine[1] / (many * mine[many]):.0%} for {many:.0f}" for many in sorted(mine) if many > 1 and 1 in mine
        ]
        if parts:
            told.append(f"Scaling efficiency of {NAMES[framework]} over {axis}: {', '.join(parts)}.")
    return told


def pairs_shown(plan: Plan, found: Results) -> list[PairResult]:
    """The pairs that mean something: over an axis those at one place of it, and over SHARED one way of running too."""
    axis = axis_of(plan)
    if not axis:
        return list(found.pairs)
    return [
        pair for pair in found.pairs if _across(plan, pair, axis) or (axis in SHARED and _same_framework(plan, pair))
    ]


def _same_framework(plan: Plan, pair: PairResult) -> bool:
    return plan.cases[pair.first].framework == plan.cases[pair.second].framework


def answers(plan: Plan, found: Results, this_machine: bool = True) -> list[str]:
    """The answer first: the pairs that the question is about, each in a sentence."""
    axis = axis_of(plan)
    if axis:
        chosen = [pair for pair in found.pairs if _across(plan, pair, axis)]
    else:
        chosen = [pair for pair in found.pairs if pair.first == 0]
        if len(chosen) > 1:  # of many ways to run, the fastest against the first
            chosen = sorted((pair for pair in chosen if pair.ratio), key=lambda pair: pair.ratio or 0)[:1] or chosen[:1]
    shown = chosen or list(found.pairs[:1])
    return [verdict(plan, pair, this_machine, brief=place > 0) for place, pair in enumerate(shown)]


def _across(plan: Plan, pair: PairResult, axis: str) -> bool:
    one, other = plan.cases[pair.first], plan.cases[pair.second]
    return one.framework != other.framework and place_of(one, axis) == place_of(other, axis)


def break_evens(plan: Plan, found: Results) -> list[str]:
    """For each way of running that begins slower and runs faster than the first: after how many steps it pays."""
    told = []
    for pair in pairs_shown(plan, found):
        if pair.break_even is None or pair.first != 0:
            continue
        faster = pair.second if (pair.ratio or 1) < 1 else pair.first
        slower = pair.first + pair.second - faster
        names = [label(plan, plan.cases[place]) for place in (faster, slower)]
        unit = "call" if plan.quantity == "inference" else "step"
        many = count(round(pair.break_even), unit)
        told.append(f"Against {names[1]}, the longer first {unit} of {names[0]} pays for itself after {many}.")
    return told
