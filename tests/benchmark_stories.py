"""Benchmarks told by hand: the lines of measurements as the driver would have written them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.bench import benchmark
from engine.bench.benchmark import Plan
from engine.runs import Store

MACHINE = {
    "type": "machine", "time": 1000.0, "host": "story", "processor": "A processor", "cores": 2,
    "memory_bytes": 8_000_000_000, "versions": {"torch": "2.0", "tensorflow": "2.0"}, "system": "Linux",
}  # fmt: skip
COUNT = 100  # steps in a block


def lines(plan: Plan, seconds: Sequence[float], rounds: int = 5, wobble: float = 0.01) -> list[dict[str, Any]]:
    """Lines of so many rounds, in which a step of each case takes so many seconds, give or take the wobble."""
    sides = list(dict.fromkeys(case.framework for case in plan.cases))
    told: list[dict[str, Any]] = [MACHINE]
    for process, side in enumerate(sides):
        told.append({"type": "process", "process": process, "framework": side, "environment": {},
                     "import_seconds": 1.5, "imported_bytes": 200_000_000})  # fmt: skip
    for number, case in enumerate(plan.cases):
        told.append({"type": "case", "case": number, "process": sides.index(case.framework), "build_seconds": 0.02,
                     "first_seconds": 0.5 if case.framework == "tensorflow" else 0.01, "second_seconds": 0.001,
                     "input_seconds": 1e-5, "parameters": 9610, "evidence": {}, "peak_bytes": 300_000_000})  # fmt: skip
    for place in range(rounds):
        told += _round(plan, seconds, place, wobble, sides)
    return told


def _round(
    plan: Plan, seconds: Sequence[float], place: int, wobble: float, sides: Sequence[str]
) -> list[dict[str, Any]]:
    order = [*range(len(plan.cases)), *reversed(range(len(plan.cases)))]
    told: list[dict[str, Any]] = []
    for position, number in enumerate(order):
        step = seconds[number] * (1 + wobble * (((place * 7 + number * 3) % 5) - 2) / 2)
        line: dict[str, Any] = {
            "round": place, "case": number, "process": sides.index(plan.cases[number].framework),
            "time": 1000.0 + place * 10 + position,
        }  # fmt: skip
        if plan.quantity in ("training_step", "inference"):
            line |= {"type": "block", "position": position, "count": COUNT, "seconds": step * COUNT}
            if plan.quantity == "inference":
                line["each"] = [step * (1 + share / 100) for share in range(20)]
        else:
            line |= {"type": "outcome", "seconds": step, "steps": 500, "reached": True, "value": 0.96}
        told.append(line)
    state = {"type": "state", "round": place, "load": [0.5, 0.5, 0.5], "mhz": None, "swapped_bytes": 0,
             "others_share": 0.01, "time": 1000.0 + place * 10 + 9}  # fmt: skip
    return [*told, state]


def ended(word: str = "finished", sentence: str = "") -> dict[str, Any]:
    """The driver's last word."""
    return {"type": "ended", "word": word, "sentence": sentence}


def tell(store: Store, name: str, told: Sequence[Mapping[str, Any]]) -> None:
    """Have the driver write these lines."""
    path = benchmark.folder(store, name) / "measurements.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in told)


def finished(store: Store, plan: Plan, seconds: Sequence[float], wobble: float = 0.01) -> str:
    """A benchmark of five rounds that has finished."""
    store.root.mkdir(exist_ok=True)
    name = benchmark.create(store, plan)
    tell(store, name, [*lines(plan, seconds, wobble=wobble), ended()])
    return name
