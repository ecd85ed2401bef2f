"""The questions that a benchmark answers: what each can measure, over which values it usually does, and its plan."""

import os
import re
from collections.abc import Sequence
from typing import Any

from engine.bench import benchmark
from engine.bench.plan import QUANTITIES, Plan, Quality
from engine.bench.rows import training_rows
from engine.config import RunConfig, refused

# What each question can measure, the usual first.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "comparison": QUANTITIES,
    "ladder": ("training_step",),
    "scaling": ("training_step", "inference"),
    "latencies": ("inference",),
    "precisions": ("training_step", "inference", "epoch"),
    "devices": ("training_step", "inference", "epoch"),
}
WHY = {
    "ladder": "its rungs are ways to run a training step",
    "scaling": "it draws steps or calls per second over what is varied",
    "latencies": "a latency is the time of a call",
    "precisions": "a training ends at other steps in each",
    "devices": "they differ in the time of a step, and by roundings alone in how many it takes",
}
LEAST = {"scaling": 2, "latencies": 1, "precisions": 2, "devices": 2}  # values
FIELD = {"precisions": "precision", "devices": "device"}  # what is varied by name, not by number
SLOPE = 3  # so many values have a slope
USUAL = {
    "batch_size": (16, 32, 64, 128, 256),
    "width": (32, 64, 128, 256, 512),
    "depth": (1, 2, 4, 8),
    "workers": (1, 2, 4),
}
LATENCIES = (1, 8, 64, 256, 1024)  # batch sizes
NAMES = {"precisions": ("float32", "float64", "mixed_bfloat16"), "devices": ("cpu", "cuda:0")}
MOST_THREADS = 256
NUMBERS = re.compile(r"\s*\d{1,6}\s*(,\s*\d{1,6}\s*)*", re.ASCII)


def plan(
    question: str,
    config: RunConfig,
    preset: str = "quick",
    quantity: str = "",
    axis: str = "",
    values: str | Sequence[int] | Sequence[str] | None = None,
    quality: Quality | None = None,
) -> Plan:
    """The plan of a question, in which what is left out is as usual. Raises ConfigError.

    `values` are whole numbers of the axis, or of the batch size for latencies, and names of precisions or devices, of
    which others are held to the first; also as a text with commas.
    """
    fitting = QUESTIONS[question]
    quantity = quantity or fitting[0]
    if quantity not in fitting:
        raise refused("quantity", quantity, f"{' or '.join(fitting)} for the question {question}: {WHY[question]}")
    if axis and question != "scaling":
        raise refused("over", axis, "an axis for the question scaling alone")
    if values is not None and question not in LEAST:
        raise refused("values", values, f"values for the questions {', '.join(LEAST)} alone")
    if quality and quantity != "time_to_quality":
        raise refused("target", quality.target, "a target for the quantity time_to_quality alone")
    match question:
        case "ladder":
            return benchmark.ladder(config, preset)
        case "scaling":
            axis = axis or "batch_size"
            return benchmark.scaling(config, axis, _numbers(question, axis, config, values), preset, quantity)
        case "latencies":
            return benchmark.latencies(config, _numbers(question, axis, config, values), preset)
        case "precisions" | "devices":
            return benchmark.alternatives(config, FIELD[question], _names(question, values), preset, quantity)
    return benchmark.comparison(config, preset, quantity, quality)


def _numbers(question: str, axis: str, config: RunConfig, values: str | Sequence[Any] | None) -> list[int]:
    """The values that are asked for, or the usual ones, each once, in order."""
    if values is None:
        values = usual_values(question, axis, config)
    if isinstance(values, str):
        found = {int(part) for part in values.split(",")} if NUMBERS.fullmatch(values) else set()
    else:
        found = {int(value) for value in values}
    if len(found) < LEAST[question]:
        many = {1: "one", 2: "two"}[LEAST[question]]
        given = values if isinstance(values, str) else ", ".join(map(str, values))
        raise refused("values", given, f"{many} or more whole numbers with commas between them")
    return sorted(found)


def _names(question: str, values: str | Sequence[Any] | None) -> list[str]:
    """The names that are asked for, or the usual ones, each once, as they come. Which there are, a config knows."""
    given = NAMES[question] if values is None else values.split(",") if isinstance(values, str) else values
    found = list(dict.fromkeys(str(name).strip() for name in given))
    if len(found) < LEAST[question] or "" in found:
        shown = values if isinstance(values, str) else ", ".join(found)
        example = ",".join(NAMES[question])
        raise refused("values", shown, f"two or more {question}, such as {example}")
    return found


def usual_values(question: str, axis: str, config: RunConfig, cores: int | None = None) -> tuple[int, ...]:
    """Values to begin with, enough for a slope where network, data and machine have so many."""
    if question == "latencies":
        return LATENCIES
    if axis == "threads":
        return _threads(min(cores or os.cpu_count() or 1, MOST_THREADS))
    if axis == "batch_size":
        return _within(USUAL[axis], 1, training_rows(config))
    option = config.network_entry.options.get(axis)
    return _within(USUAL[axis], int(option.low), int(option.high)) if option else USUAL[axis]


def _threads(cores: int) -> tuple[int, ...]:
    """From one to as many as there are cores, by doubling."""
    found = {1, cores} | {2**power for power in range(cores.bit_length())}
    return tuple(sorted(found)) if cores > 1 else (1, 2)


def _within(values: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
    """Those that are allowed; where they are too few for a slope, the largest powers of two that are."""
    found = tuple(value for value in values if low <= value <= high)
    if len(found) >= SLOPE:
        return found
    powers = [2**power for power in range(high.bit_length()) if low <= 2**power <= high]
    return tuple(powers[-SLOPE:]) or found


def without_slope(plan: Plan, axis: str) -> str:
    """Why over `axis` no slope can be told, in one sentence; empty where one can."""
    places = len(plan.cases) // len({case.framework for case in plan.cases})
    if places >= SLOPE:
        return ""
    cores = os.cpu_count() or 1
    machine = f"This machine has {cores} core{'' if cores == 1 else 's'}. " if axis == "threads" else ""
    return f"{machine}A slope needs three values or more."
