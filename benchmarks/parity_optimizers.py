"""Parity of every network with every optimizer over the first steps in float32, as the table of docs/parity.md.

`python -m benchmarks.parity_optimizers FOLDER` trains both sides there, one after the other, and prints the table; a
FOLDER that holds their recordings already is only read. About half an hour.
"""

import sys
from pathlib import Path
from typing import Any, get_args

from benchmarks.parity_table import record
from engine.config import Optimizer, RunConfig
from engine.examinations.examined import curves
from engine.fairness.parity import FLOAT32_LIMIT
from engine.networks.catalogue import NETWORKS

STEPS, SEEDS = 10, (7, 8, 9)
RATES = {"sgd": 0.01, "momentum": 0.01, "nesterov": 0.01, "adam": 0.001, "adamw": 0.001, "rmsprop": 0.0003}
TIMES = (1, 10)  # of these rates; the higher one with the first seed alone


def settings() -> dict[tuple[str, str, int], list[int]]:
    """The seeds of each network, optimizer and multiple of its rate."""
    found = {}
    for network in NETWORKS:
        for optimizer in get_args(Optimizer):
            found |= {(network, optimizer, times): list(SEEDS if times == 1 else SEEDS[:1]) for times in TIMES}
    return found


def name_of(network: str, optimizer: str, times: int, seed: int) -> str:
    """A training's name among the recordings."""
    return f"{network}-{optimizer}-{times}-{seed}"


def jobs() -> list[dict]:
    """Two trainings a setting and seed, one of them from weights changed by one rounding."""
    found = []
    for (network, optimizer, times), seeds in settings().items():
        for seed in seeds:
            fields = {"network": network, "optimizer": optimizer, "learning_rate": times * RATES[optimizer]}
            config = RunConfig.build(fields | {"seed": seed, "histograms": False}).model_dump(mode="json")
            job = {"name": name_of(network, optimizer, times, seed), "config": config, "steps": STEPS}
            found += [job, job | {"name": f"{job['name']}-perturbed", "perturbed": True}]
    return found


def cell(sides: dict[str, Any], network: str, optimizer: str, times: int) -> str:
    """The largest difference of the losses over the seeds; where it misses the limit, the largest noise beside it."""
    own = [_curves(sides, name_of(network, optimizer, times, seed)) for seed in settings()[network, optimizer, times]]
    difference = max(float(one.difference.max()) for one in own)
    if difference <= FLOAT32_LIMIT:
        return f"{difference:.1e}"
    return f"**{difference:.1e}** ({max(float(one.floor.max()) for one in own):.1e})"


def _curves(sides: dict[str, Any], name: str) -> Any:
    arrays = {side: {key: file[key] for key in file if key.startswith(name)} for side, file in sides.items()}
    return curves(arrays, name, "float32")


def main(folder: Path) -> None:
    """Print one table for each multiple of the rates."""
    sides = record(folder, jobs())
    for times in TIMES:
        rates = (f"{name} {times * rate:g}" for name, rate in RATES.items())
        print(f"\n| network | {' | '.join(rates)} |")
        print(f"|---{'|---' * len(RATES)}|")
        for network in NETWORKS:
            cells = (cell(sides, network, optimizer, times) for optimizer in RATES)
            print(f"| {network} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
