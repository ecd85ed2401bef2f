"""Parity of every network on every dataset that needs no download, as the tables of docs/parity.md.

`python -m benchmarks.parity_table FOLDER` trains both sides there, one after the other, and prints both tables; a
FOLDER that holds their recordings already is only read.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from engine.config import FRAMEWORKS, RunConfig
from engine.examinations.examined import ParityResult, parity_of
from engine.networks.catalogue import NETWORKS
from engine.workers import settings, with_home

FETCHED = {"mnist", "fashion_mnist", "cifar10", "table"}  # and one that a person brings
STEPS, SEED = 300, 7


def pairs() -> Iterator[tuple[str, str]]:
    """Every network and dataset."""
    for network in NETWORKS.values():
        yield from ((network.name, dataset) for dataset in network.recipes if dataset not in FETCHED)


def jobs() -> list[dict]:
    """Four trainings a pair, by its recipe: in both precisions, and each once more from a perturbed start."""
    found = []
    for network, dataset in pairs():
        for precision in ("float64", "float32"):
            fields = {"network": network, "dataset": dataset, "precision": precision, "seed": SEED, "histograms": False}
            config = RunConfig.build(fields).model_dump(mode="json")
            job = {"name": f"{network}-{dataset}-{precision}", "config": config, "steps": STEPS}
            perturbed = job | {"name": f"{job['name']}-perturbed", "perturbed": True}
            found += [job | {"signs": precision == "float32"}, perturbed]
    return found


def record(folder: Path, wanted: list[dict]) -> dict[str, Any]:
    """Each framework's arrays by name; what is not recorded in `folder` yet is trained there."""
    folder.mkdir(parents=True, exist_ok=True)
    request = {"jobs": wanted, "resume": None}
    (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
    for framework in FRAMEWORKS:
        if not (folder / f"{framework}.npz").exists():
            command = [sys.executable, "-m", "engine.examinations.examine", framework, str(folder)]
            subprocess.run(command, env=with_home(settings(1, "cpu")), check=True)
    return {side: np.load(folder / f"{side}.npz") for side in FRAMEWORKS}


def row64(name: str, found: ParityResult) -> str:
    """A line of the float64 table."""
    curves = found.float64
    shown = [f"{check.difference:.1e}" if check.difference is not None else "–" for check in curves.checks]
    weight, apart = max(curves.weights.items(), key=lambda item: item[1])
    missed = [f"first {check.steps}" for check in curves.checks if not check.passed]
    verdict = f"misses over the {', '.join(missed)}" if missed else "pass"
    return f"| {name} | {' | '.join(shown)} | {curves.floor.max():.1e} | {apart:.1e} ({weight}) | {verdict} |"


def row32(name: str, found: ParityResult) -> str:
    """A line of the float32 table."""
    curves, flip = found.float32, found.flip
    behind = f"{flip.count} ReLU behind {flip.layer or 'the hidden layer'}, step {flip.step}" if flip else "none found"
    cause = "" if curves.leaves is None else behind
    leaves = "–" if curves.leaves is None else str(curves.leaves)
    first = curves.checks[0].difference
    return f"| {name} | {first:.1e} | {curves.difference.max():.1e} | {curves.floor.max():.1e} | {leaves} | {cause} |"


def main(folder: Path) -> None:
    """Print both tables."""
    sides = record(folder, jobs())
    results = {}
    for network, dataset in pairs():
        start = f"{network}-{dataset}-"
        own = {side: {key: file[key] for key in file if key.startswith(start)} for side, file in sides.items()}
        results[f"{network} on {dataset}"] = parity_of(own, f"{start}float64", f"{start}float32", 0.0)
    print("| network and dataset | first 10 | first 100 | first 300 | noise floor | weights | verdict |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join(row64(name, found) for name, found in results.items()))
    print("\n| network and dataset | first 10 | 300 steps | noise floor | leaves it at step | found there |")
    print("|---|---|---|---|---|---|")
    print("\n".join(row32(name, found) for name, found in results.items()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
