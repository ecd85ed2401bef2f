"""What a benchmark measures and found, in people's words."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.bench.benchmark import UNDER_WAY
from engine.bench.plan import PER_SECOND, Plan
from engine.bench.results import Results
from engine.bench.timings import CaseResult
from engine.charts.speed_labels import AXES, axis_of, label, place_of, runs_our_optimizer, varied
from engine.config import NAMES
from engine.datasets.catalogue import DATASETS
from engine.quantities import NOTHING, count, digits, rate, size, span

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
WITH = {"precision": "in", "device": "on"}
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


def work(plan: Plan, there: str = "") -> str:
    """What is timed: `a training step of mlp at batch 32`; `there` is where on the axis, and follows the batch."""
    config, axis = plan.cases[0].config, axis_of(plan)
    batch = ("" if axis == "batch_size" else f" at batch {config.batch_size}") + there
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
    return ", ".join([told, *_unusual(plan)])


def _unusual(plan: Plan) -> list[str]:
    """Type, threads and device where all cases share one that is not the usual; where they differ, labels say it."""
    shared: list[tuple[set[str], str]] = [
        ({case.config.precision for case in plan.cases}, "float32"),
        ({count(case.config.threads, "thread") for case in plan.cases}, "1 thread"),
        ({getattr(case.config.device, case.framework) for case in plan.cases}, "cpu"),
    ]
    return [found.pop() for found, usual in shared if len(found) == 1 and usual not in found]


def plan_words(plan: Plan, seconds: float | None) -> str:
    """The plan in one line: what will be measured, of what, how often, and about how long it takes."""
    axis, names = axis_of(plan), varied(plan)
    left = axis or next(iter(names), "")
    labels = list(dict.fromkeys(label(plan, case, left) for case in plan.cases))
    ways = " and ".join(labels) if len(labels) < 3 else f"{len(labels)} ways of running it"
    over = f" {WITH[left]} {', '.join(names[left][:-1])} and {names[left][-1]}" if left in names else ""
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
    if found.word == "finished":
        return ""
    if found.word in UNDER_WAY:
        return f"Partial: {count(found.rounds, 'round')} so far." if found.rounds else ""
    how = how_it_ended(found.word)
    why = f": {found.sentence.rstrip('.')}" if found.sentence else ""
    return f"Partial: {how[:1].lower()}{how[1:]} after {count(found.rounds, 'round')}{why}."


def how_it_ended(word: str) -> str:
    """`It was stopped`, of one that has not finished."""
    return {"stopped": "It was stopped", "failed": "It failed"}.get(word, "It was interrupted")


def speed(plan: Plan, case: CaseResult) -> str:
    """The median in the quantity's own unit; a dash where some trainings did not reach the quality."""
    if case.median is None or case.missed:
        return NOTHING
    return rate(1 / case.median) if plan.quantity in PER_SECOND else span(case.median)


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
    """What the machine and each process are, by name, and how busy it was; nothing of it is judged."""
    told: dict[str, str] = {}
    for line in lines:
        if line.get("type") == "machine":
            told |= {_title(name): _value(name, value) for name, value in line.items() if name not in ("type", "time")}
        elif line.get("type") == "process":
            name = f"Process {line.get('process')}, {NAMES.get(str(line.get('framework')), '?')}"
            environment = line.get("environment")
            told[name] = _value("environment", environment) or "no environment variables set"
    states = [line for line in lines if line.get("type") == "state"]
    loads = [line["load"][0] for line in states if line.get("load")]
    clocks = [line["mhz"] for line in states if line.get("mhz")]
    if loads:
        told["Load"] = f"{_from_to(loads, 2)}, the average of a minute at the end of each round"
    if clocks:
        told["Clock"] = f"{_from_to(clocks, 4)} MHz at the end of each round"
    return told


def _from_to(values: Sequence[float], places: int) -> str:
    """`0.5 to 1.2`, from the lowest to the highest."""
    return " to ".join(dict.fromkeys(digits(value, places) for value in (min(values), max(values))))


def _title(name: str) -> str:
    told = name.removesuffix("_bytes").replace("_", " ")
    return "GPUs" if told == "gpus" else told.capitalize()


def _value(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {inner}" for key, inner in value.items())
    if isinstance(value, list):
        return "; ".join(_value(name, inner) for inner in value)
    return size(value) if name.endswith("_bytes") and isinstance(value, int) else str(value)
