"""What is said of a benchmark of one case alone, which has nothing to be compared with."""

from engine.bench.plan import PER_SECOND, Plan
from engine.bench.results import Results
from engine.charts.speed_labels import label
from engine.charts.speed_words import UNITS, speed, work
from engine.quantities import rate


def alone(plan: Plan, found: Results, this_machine: bool) -> str:
    """How fast the only case is: `PyTorch eager: 5,000 steps per second for a training step of mlp at batch 32 …`."""
    one = next((case for case in found.cases if case.median), None)
    if one is None or not one.median or len(plan.cases) > 1:
        return "Nothing was measured."
    name, where = label(plan, plan.cases[one.case]), f"on {'this machine' if this_machine else 'its machine'}"
    if plan.quantity in PER_SECOND:
        return f"{name}: {rate(1 / one.median)} {UNITS[plan.quantity].lower()} for {work(plan)} {where}."
    return f"{name} takes {speed(plan, one)} for {work(plan)} {where}."
