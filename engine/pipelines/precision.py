"""float32 against mixed precision: two ordinary runs for the curves, an ordinary benchmark for the speed."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.bench import benchmark
from engine.bench.pairs import PairResult, judged_pair
from engine.bench.plan import Case, Plan
from engine.bench.results import Results, disturbed
from engine.config import FRAMEWORKS, RunConfig
from engine.runs import Store, StoreError

EXACT, MIXED = "float32", ("mixed_bfloat16", "mixed_float16")
NEWEST = 100  # runs and benchmarks among which those of a network are looked for


def configs(network: str, mixed: str) -> dict[str, RunConfig]:
    """The network's recipe in EXACT and in `mixed`, one of MIXED, one side after the other. Raises ConfigError."""
    return {
        precision: RunConfig.build({"network": network, "precision": precision, "concurrency": "in_turn"})
        for precision in (EXACT, mixed)
    }


def plan(network: str, mixed: str) -> Plan:
    """A benchmark of one training step: both precisions of PyTorch, then both of TensorFlow. Raises ConfigError."""
    cases = [
        Case(config=config.model_copy(update={"frameworks": (side,)}))
        for side in FRAMEWORKS
        for config in configs(network, mixed).values()
    ]
    fields = {"title": f"{network} in {EXACT} and {name_of(mixed)}", "cases": tuple(cases), "rounds": 5}
    return Plan.build(fields)


def name_of(precision: str) -> str:
    """The type of the products: `bfloat16`."""
    return precision.removeprefix("mixed_")


def runs(store: Store, network: str, mixed: str) -> dict[str, str]:
    """The newest run of the network in each precision that there is one of."""
    wanted = {config.to_json(): name for name, config in configs(network, mixed).items()}
    found: dict[str, str] = {}
    for run in store.runs()[:NEWEST]:
        with contextlib.suppress(StoreError):  # damaged, or deleted just now
            precision = wanted.get(store.config(run).to_json())
            if precision and precision not in found:
                found[precision] = run
    return found


def training(store: Store, runs: Iterable[str]) -> list[str]:
    """Those of the runs that have not ended yet."""
    found = []
    for run in runs:
        with contextlib.suppress(StoreError):  # damaged, or deleted just now
            if not all(status.ended for status in store.status(run).values()):
                found.append(run)
    return found


def measured(store: Store, network: str, mixed: str) -> str:
    """The newest benchmark of the network's plan; empty where there is none."""
    wanted = plan(network, mixed)
    for name in benchmark.benchmarks(store)[:NEWEST]:
        with contextlib.suppress(StoreError):  # damaged, or deleted just now
            if benchmark.load(store, name) == wanted:
                return name
    return ""


def pairs(found: Results, lines: Sequence[Mapping[str, Any]]) -> list[PairResult]:
    """How many times as fast mixed precision is as float32, for each side in the order of FRAMEWORKS."""
    wider = 1 + disturbed([line for line in lines if line.get("type") == "state"])
    places = [(2 * number + 1, 2 * number) for number in range(len(FRAMEWORKS))]
    return [judged_pair(found.cases, pair, wider) for pair in places]
