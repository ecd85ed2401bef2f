"""What a benchmark measures and found, in people's words."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.bench.benchmark import Plan
from engine.bench.results import CaseResult, Results
from engine.charts.speed_labels import AXES, axis_of, label, place_of, runs_our_optimizer
from engine.config import NAMES
from engine.datasets.catalogue import DATASETS
from engine.quantities import NOTHING, count, rate, size, span

UNITS = {
    "training_step": "Steps per second",
    "inference": "Calls per second",
    "epoch": "Seconds per epoch",
    "time_to_quality": "Seconds to the target",
}
QUALITY = {
    "validation_accuracy": "a validation accuracy of at least {:g}",
    "validation_loss": "a validation loss of at most {:g}",
}
PRESETS = {"quick": "Quick", "thorough": "Thorough"}
QUANTITIES = {
    "training_step": "Training step",
    "inference": "Inference",
    "epoch": "Whole epochs",
    "time_to_quality": "Time to a quality",
}
STATES = {
    "queued": "Queued",
    "running": "Measuring",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "interrupted": "Interrupted",
}


def work(plan: Plan) -> str:
    """What is timed: `a training step of mlp at batch 32`."""
    config, axis = plan.cases[0].config, axis_of(plan)
    batch = "" if axis == "batch_size" else f" at batch {config.batch_size}"
    match plan.quantity:
        case "inference":
            told = f"inference with {config.network}{batch}"
        case "epoch":
            told = f"a whole epoch of {config.network} on {DATASETS[config.dataset].title}{batch}"
        case "time_to_quality":
            target = QUALITY[plan.quality.metric].format(plan.quality.target) if plan.quality else "a quality"
            told = f"training {config.network} on {DATASETS[config.dataset].title}{batch} to {target}"
        case _:
            told = f"a training step of {config.network}{batch}"
    return told + (f", {config.precision}" if config.precision != "float32" else "")


def plan_words(plan: Plan, seconds: float | None) -> str:
    """The plan in one line: what will be measured, of what, how often, and about how long it takes."""
    axis = axis_of(plan)
    labels = list(dict.fromkeys(label(plan, case, axis) for case in plan.cases))
    ways = " and ".join(labels) if len(labels) < 3 else f"{len(labels)} ways of running it"
    over = ""
    if axis:
        places = sorted({place_of(case, axis) or 0 for case in plan.cases})
        over = f", over {AXES[axis].lower()} {', '.join(f'{place:,g}' for place in places)}"
    told = f"{work(plan)[:1].upper()}{work(plan)[1:]}: {ways}{over}."
    lasts = "for a time that shows after the first training" if seconds is None else f"about {about(seconds)}"
    return f"{told} {count(plan.rounds, 'round')}, {lasts}."


def about(seconds: float) -> str:
    """A rough time: to 5 seconds below two minutes, to half a minute above."""
    step = 5 if seconds < 120 else 30
    rounded = max(step, step * round(seconds / step))
    return f"{rounded} s" if rounded < 60 else span(rounded)


def own_optimizer(plan: Plan) -> str:
    """What is meant where a label says that TensorFlow runs our optimizer; empty where none does."""
    if not any(runs_our_optimizer(plan, case) for case in plan.cases):
        return ""
    return "With the comparison matched, TensorFlow runs an optimizer of ours, which does what torch.optim does."


def state_words(found: Results) -> str:
    """What became of the benchmark, where it is not simply finished; says that the results are partial."""
    match found.word:
        case "finished":
            return ""
        case "queued" | "running":
            return f"Partial: {count(found.rounds, 'round')} so far." if found.rounds else ""
    how = {"stopped": "It was stopped", "failed": "It failed"}.get(found.word, "It was interrupted")
    why = f": {found.sentence.rstrip('.')}" if found.sentence else ""
    return f"Partial: {how[:1].lower()}{how[1:]} after {count(found.rounds, 'round')}{why}."


def speed(plan: Plan, case: CaseResult) -> str:
    """The median in the quantity's own unit."""
    if case.median is None:
        return NOTHING
    return rate(1 / case.median) if plan.quantity in ("training_step", "inference") else span(case.median)


def machine_words(found: Results) -> str:
    """The machine in one line, as far as it is told."""
    machine = found.machine
    memory, versions = machine.get("memory_bytes"), machine.get("versions")
    parts = [
        str(machine.get("processor") or ""),
        f"{machine['cores']} cores" if machine.get("cores") else "",
        f"{size(memory)} of memory" if isinstance(memory, int) and memory else "",
        str(machine.get("system") or ""),
        _value("versions", versions) if versions else "",
    ]
    return " · ".join(part for part in parts if part)


def disclosed(lines: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What the machine and each process are, by name; nothing of it is judged."""
    told: dict[str, str] = {}
    for line in lines:
        if line.get("type") == "machine":
            told |= {_title(name): _value(name, value) for name, value in line.items() if name not in ("type", "time")}
        elif line.get("type") == "process":
            name = f"Process {line.get('process')}, {NAMES.get(str(line.get('framework')), '?')}"
            environment = line.get("environment")
            told[name] = _value("environment", environment) or "no environment variables set"
    return told


def _title(name: str) -> str:
    return name.removesuffix("_bytes").replace("_", " ").capitalize()


def _value(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {inner}" for key, inner in value.items())
    return size(value) if name.endswith("_bytes") and isinstance(value, int) else str(value)
