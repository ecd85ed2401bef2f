"""What makes the answers of a benchmark less sure, in people's words: a disturbed machine, odd timings."""

from engine.bench.plan import Plan
from engine.bench.results import Results
from engine.bench.timings import CaseResult
from engine.charts.speed_labels import label
from engine.quantities import short


def doubts(plan: Plan, found: Results) -> list[str]:
    """A sentence for each, those about the whole machine first; none where nothing is odd."""
    return [*found.remarks, *(sentence for case in found.cases for sentence in _odd(plan, case))]


def _odd(plan: Plan, case: CaseResult) -> list[str]:
    name, told = label(plan, plan.cases[case.case]), []
    if not case.settled:
        told.append(f"{name} did not settle in its warm-up: it may still have been getting faster or slower.")
    if case.noise.drift:
        word = "slower" if case.noise.drift > 0 else "faster"
        told.append(f"{name} became {abs(case.noise.drift):.0%} {word} from the first round to the last.")
    if case.noise.speeds:
        low, high = (short(seconds) for seconds in case.noise.speeds)
        told.append(f"{name} has two speeds, {low} and {high}: such as a clock that changes gives.")
    elif case.noise.spread:
        told.append(f"The timings of {name} vary by {case.noise.spread:.0%} (median deviation from the median).")
    return told
