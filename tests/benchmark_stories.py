"""Benchmarks told by hand: the lines of measurements as the driver would have written them."""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.bench import benchmark, certificate
from engine.bench.plan import Case, Plan
from engine.config import RunConfig
from engine.fairness import case as fairness
from engine.fairness.evidence import digest
from engine.fairness.weights import shapes
from engine.networks.catalogue import parameters
from engine.runs import Store

MACHINE = {
    "type": "machine", "time": 1000.0, "host": "story", "processor": "A processor", "cores": 2,
    "memory_bytes": 8_000_000_000, "versions": {"torch": "2.0", "tensorflow": "2.0"}, "system": "Linux",
}  # fmt: skip
COUNT, EPOCHS = 100, 2  # steps or calls in a block, and epochs
Places = Collection[tuple[int, int]]  # a case and a round


def lines(
    plan: Plan, seconds: Sequence[float], rounds: int = 5, wobble: float = 0.01, missed: Places = ()
) -> list[dict[str, Any]]:
    """Lines of so many rounds, in which a step of each case takes so many seconds, give or take the wobble.

    A training to a quality ends without it where it is `missed`.
    """
    sides = list(dict.fromkeys(case.framework for case in plan.cases))
    told: list[dict[str, Any]] = [MACHINE]
    for process, side in enumerate(sides):
        told.append({"type": "process", "process": process, "framework": side, "environment": {},
                     "import_seconds": 1.5, "imported_bytes": 200_000_000})  # fmt: skip
    told += [opened(number, case, sides.index(case.framework)) for number, case in enumerate(plan.cases)]
    for place in range(rounds):
        told += _round(plan, seconds, place, wobble, sides, missed)
    return told


def opened(number: int, case: Case, process: int) -> dict[str, Any]:
    """What a case says of itself when it is ready."""
    first = 0.5 if case.framework == "tensorflow" else 0.01
    begun = {"first_seconds": first, "second_seconds": 0.001, "input_seconds": 1e-5}
    if case.loop == "usual":
        begun = {"first_seconds": None, "first_epoch_seconds": 45 * first}
    return {"type": "case", "case": number, "process": process, "build_seconds": 0.02, **begun, "parameters": 9610,
            "evidence": evidence(case.config), "peak_bytes": 300_000_000}  # fmt: skip


def evidence(config: RunConfig) -> dict[str, Any]:
    """What an honest process says of a case of this config."""
    return json.loads(_evidence(config.to_json()))


@lru_cache(maxsize=256)
def _evidence(text: str) -> str:
    config = RunConfig.from_json(text)
    split = certificate._with_data(fairness.Case(config, {}, {}, {}, {})).split
    digests = {}
    for part in ("inputs", "targets", "validation_inputs", "validation_targets"):
        values = getattr(split, part)
        kind = np.dtype(np.int64 if values.dtype.kind == "i" else config.variable_dtype)
        digests[f"data/{part}"] = digest([values.astype(values.dtype if part == "validation_targets" else kind)])
    side = config.frameworks[0]
    told = {
        "dtype": config.variable_dtype, "compute_dtype": config.compute_dtype, "tf32": {"all": False},
        "device": getattr(config.device, side), "threads": {"in one operation": config.threads},
        "parameters": parameters(shapes(config)), "batch_size": config.batch_size, "rows": [], "learning_rates": [],
        "loss": 0.0, "digests": digests, "file": None, "disclosed": {"machine": "story", "processor": "A processor"},
    }  # fmt: skip
    return json.dumps(told)


def _round(
    plan: Plan, seconds: Sequence[float], place: int, wobble: float, sides: Sequence[str], missed: Places
) -> list[dict[str, Any]]:
    order = [*range(len(plan.cases)), *reversed(range(len(plan.cases)))]
    many = {"epoch": EPOCHS, "time_to_quality": 1}.get(plan.quantity, COUNT)
    apart = 1.0 + 2 * many * max(seconds)
    begun = 1000.0 + place * (len(order) + 1) * apart
    told: list[dict[str, Any]] = []
    for position, number in enumerate(order):
        step = seconds[number] * (1 + wobble * (((place * 7 + number * 3) % 5) - 2) / 2)
        line: dict[str, Any] = {
            "round": place, "case": number, "process": sides.index(plan.cases[number].framework), "position": position,
            "time": begun + (position + 1) * apart, "seconds": step * many, "peak_bytes": 310_000_000,
        }  # fmt: skip
        if plan.quantity == "time_to_quality":
            line |= {"type": "outcome", "steps": 500, "reached": (number, place) not in missed, "value": 0.96}
        else:
            line |= {"type": "block", "count": many}
        if plan.quantity == "inference":
            line["each"] = [step * (1 + share / 500) for share in range(COUNT)]
        told.append(line)
    state = {"type": "state", "round": place, "load": [0.5, 0.5, 0.5], "mhz": None, "swapped_bytes": 0,
             "others_share": 0.01, "time": begun + (len(order) + 0.5) * apart}  # fmt: skip
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
