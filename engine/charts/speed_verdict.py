"""One pair of a benchmark in words: who is faster, with ratio, interval and n, and what goes with that."""

from dataclasses import replace

from engine.bench.pairs import WITHIN, PairResult
from engine.bench.plan import Case, Plan
from engine.charts.speed_labels import AXES, axis_of, label, many_steps, place_of
from engine.charts.speed_words import work
from engine.config import NAMES
from engine.quantities import NOTHING, count, digits


def ratio_words(found: PairResult) -> str:
    """`1.90 [1.80, 2.00], n = 5`; never a ratio alone."""
    if found.ratio is None or found.low is None or found.high is None:
        return f"{NOTHING} (n = {found.n})"
    held = f", for {count(found.together, 'pair')} together" if found.together > 1 else ""
    return f"{interval_words(found.ratio, found.low, found.high)}, n = {found.n}{held}"


def interval_words(ratio: float, low: float, high: float) -> str:
    """`1.90 [1.80, 2.00]`."""
    return f"{factor(ratio)} [{factor(low)}, {factor(high)}]"


def factor(ratio: float) -> str:
    """A ratio with three digits: `0.25`, `1.90`, `12.0`."""
    return f"{ratio:.2f}" if 0.1 <= ratio < 10 else f"{ratio:.1f}" if 10 <= ratio < 100 else digits(ratio, 3)


def verdict(plan: Plan, found: PairResult, this_machine: bool = True, brief: bool = False) -> str:
    """The pair in one sentence: who is faster, with ratio, interval and n; or that it cannot be told; or why not.

    Where one of the two runs many steps in a call and the other one by one, a second sentence says so. `brief` leaves
    that out, and what was measured and where, and begins with the place on the axis.
    """
    axis = axis_of(plan)
    one, other = plan.cases[found.first], plan.cases[found.second]
    same_place = axis and place_of(one, axis) == place_of(other, axis)
    first, second = (label(plan, case, axis if same_place else "") for case in (one, other))
    at = f" at {AXES[axis].lower()} {place_of(one, axis):,g}" if same_place else ""
    there = at if axis == "batch_size" else at.replace(" at ", " and ")  # the batch is told before it
    if brief:
        said = _said(found, first, second, "")
        return f"{at.strip().capitalize()}: {said}" if at else said
    said = _said(found, first, second, f" for {work(plan, there)} on {whose(this_machine)}")
    return f"{said} {calls_words(plan, found)}".strip()


def whose(this_machine: bool) -> str:
    """The machine, as whoever reads knows it."""
    return "this machine" if this_machine else "its machine"


def _said(found: PairResult, first: str, second: str, where: str) -> str:
    if not found.word or found.ratio is None or found.low is None or found.high is None:
        return f"No verdict on {first} and {second}{where}, because {found.why.rstrip('.')}."
    match found.word:
        case "faster":
            return f"{first} is {_times(found)} as fast as {second}{where}."
        case "slower":
            return f"{second} is {_times(turned(found))} as fast as {first}{where}."
        case "same":
            return f"{first} and {second} are equally fast within {WITHIN}{where}: {_times(found)} as fast."
        case _:
            return f"Cannot tell whether {first} or {second} is faster{where}: {_times(found)} as fast."


def turned(found: PairResult) -> PairResult:
    """How many times as fast the second is as the first."""
    if found.ratio is None or found.low is None or found.high is None:
        return replace(found, first=found.second, second=found.first)
    word = {"faster": "slower", "slower": "faster"}.get(found.word, found.word)
    ratio, low, high = 1 / found.ratio, 1 / found.high, 1 / found.low
    return replace(found, first=found.second, second=found.first, word=word, ratio=ratio, low=low, high=high)


def _times(found: PairResult) -> str:
    ratio, low, high = (factor(value) for value in (found.ratio, found.low, found.high) if value is not None)
    return f"{ratio} times [{low}, {high}; n = {found.n}]"


def calls_words(plan: Plan, found: PairResult) -> str:
    """That one framework of the pair runs many steps in a call and the other one by one; empty where that is not so."""
    one, other = plan.cases[found.first], plan.cases[found.second]
    if plan.quantity == "inference" or not found.word or one.framework == other.framework or _many(one) == _many(other):
        return ""
    many, single = (one, other) if _many(one) else (other, one)
    return f"{NAMES[many.framework]} runs many steps in one call; {NAMES[single.framework]} runs them one by one."


def _many(case: Case) -> bool:
    return case.loop == "engine" and many_steps(case)


def chosen_words(plan: Plan, found: PairResult) -> str:
    """That a pair was chosen after measuring, and what its interval holds for; empty where it was not."""
    if found.together < 2:
        return ""
    sides = dict.fromkeys(plan.cases[place].framework for place in (found.first, found.second))
    what = "These are the fastest ways" if len(sides) > 1 else "This is the fastest way"
    whose = " and ".join(NAMES[side] for side in sides)
    return (
        f"{what} of {whose}, chosen after measuring, so the interval is the wider one that holds for all "
        f"{count(found.together, 'such pair')} together."
    )
