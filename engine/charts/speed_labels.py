"""Short names of a benchmark's cases: how each runs, and what else differs among them."""

from collections.abc import Sequence

from engine.bench.plan import Case, Plan
from engine.config import NAMES
from engine.fairness.defaults import matches

USUAL = {"torch": "PyTorch, a DataLoader loop", "tensorflow": "Keras fit"}
EXECUTION = {"eager": "eager", "compile": "compile", "graph": "graph", "xla": "XLA"}
AXES = {"batch_size": "Batch size", "width": "Width", "depth": "Depth", "threads": "Threads", "workers": "Workers"}
# Beyond the way of running, what of two configs is told where it differs.
TOLD = {
    "network": "{}", "dataset": "on {}", "batch_size": "batch {}", "precision": "{}", "threads": "threads {}",
    "workers": "workers {}",     "optimizer": "{}", "policy": "{}",
}  # fmt: skip


def label(plan: Plan, case: Case, but: str = "") -> str:
    """The case in a few words: how it runs, and what of its config differs in the plan, `but` for one field.

    Where TensorFlow runs an optimizer of ours, every mention of the case says so.
    """
    if case.loop == "usual":
        told = USUAL[case.framework]
    else:
        told = f"{NAMES[case.framework]} {EXECUTION[getattr(case.config.execution, case.framework)]}"
        told += ", many steps per call" if many_steps(case) and _steps_differ(case, plan.cases) else ""
        told += " with our optimizer" if runs_our_optimizer(plan, case) else ""
    return ", ".join([told, *_differing(case, plan.cases, but)]).replace("<", "‹")  # Plotly reads tags in its texts


def runs_our_optimizer(plan: Plan, case: Case) -> bool:
    """Whether TensorFlow runs an optimizer of ours instead of Keras' own, as the matched policy has it."""
    trains = case.loop == "engine" and plan.quantity != "inference"
    return trains and case.framework == "tensorflow" and matches(case.config, "optimizer_equation")


def many_steps(case: Case) -> bool:
    """Whether one call runs many steps; by default TensorFlow's does where it is no eager one."""
    return getattr(case.config.steps_per_call, case.framework) == "many"


def _steps_differ(case: Case, among: Sequence[Case]) -> bool:
    same = [
        many_steps(other) for other in among
        if (other.framework, other.loop) == (case.framework, case.loop)
        and getattr(other.config.execution, case.framework) == getattr(case.config.execution, case.framework)
    ]  # fmt: skip
    return len(set(same)) > 1


def _differing(case: Case, among: Sequence[Case], but: str) -> list[str]:
    found = [
        text.format(getattr(case.config, field))
        for field, text in TOLD.items()
        if field != but and len({getattr(other.config, field) for other in among}) > 1
    ]
    for name, value in case.config.network_options.items():
        if name != but and len({str(other.config.network_options.get(name)) for other in among}) > 1:
            found.append(f"{name.replace('_', ' ')} {value}")
    devices = {getattr(other.config.device, other.framework) for other in among}
    told = len(devices) > 1 and but != "device"
    return found + ([getattr(case.config.device, case.framework)] if told else [])


def varied(plan: Plan) -> dict[str, list[str]]:
    """By name, not by number: precision and device, with their values in order, where every framework has several.

    Two frameworks on a device each are no such thing: neither of them varies.
    """
    found: dict[str, list[str]] = {}
    for name in ("precision", "device"):
        of_sides: dict[str, dict[str, None]] = {}
        for case in plan.cases:
            device = getattr(case.config.device, case.framework)
            of_sides.setdefault(case.framework, {})[device if name == "device" else case.config.precision] = None
        first, *others = (list(values) for values in of_sides.values())
        if len(first) > 1 and all(values == first for values in others):
            found[name] = first
    return found


def axis_of(plan: Plan) -> str:
    """What the cases are measured over, of AXES; empty where they differ in the way of running alone."""
    return next((axis for axis in AXES if len({place_of(case, axis) for case in plan.cases}) > 1), "")


def place_of(case: Case, axis: str) -> float | None:
    """Where a case is on the axis."""
    value = case.config.network_options.get(axis) if axis in ("width", "depth") else getattr(case.config, axis)
    return float(value) if isinstance(value, int | float) else None
