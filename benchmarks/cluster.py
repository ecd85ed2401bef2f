"""Sweep throughput on a cluster of 1 and of 2 nodes of one core each, and what a trial costs there beyond one here.

What it costs is told of a node that has all cores, as this machine has them without a cluster.
`python -m benchmarks.cluster`; about six minutes. Targets: 2 nodes give 1.6 times the trials of one; at most 2 s each.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks.measuring import say, tell
from benchmarks.sweeping import fields, swept
from engine.sweeps import sweep

SPEED_UP, OVERHEAD_SECONDS = 1.6, 2.0
TEXTS = {"network": "mlp", "dataset": "digits", "epochs": "40", "learning_rate": "log:1e-3:1e-1"}


def main() -> None:
    """The same sweep on one node, on two, and here, in turn, so that a slow minute is slow for all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--trials", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=int(TEXTS["epochs"]))
    arguments = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    ups, costs = [], []
    for seed in range(arguments.rounds):
        texts = {**TEXTS, "epochs": str(arguments.epochs), "seed": str(seed), "concurrency": "in_turn"}
        plan = sweep.made(texts, fields, sampler="random", trials=arguments.trials, seeds=0)
        seconds: dict[str, float] = {}
        nodes = {"one": [{cores[0]}], "two": [{core} for core in cores[:2]], "whole": [set(cores)], "here": []}
        for name, used in nodes.items():
            with _cluster(used) as address:
                seconds[name] = swept(plan, address, max(1, len(used)))[0] / arguments.trials
        say(", ".join(f"{name} {value:.2f} s a trial" for name, value in seconds.items()))
        ups.append(seconds["one"] / seconds["two"])
        costs.append(seconds["whole"] - seconds["here"])
    tell(
        "cluster",
        median(ups) >= SPEED_UP and median(costs) <= OVERHEAD_SECONDS,
        targets={"two_nodes_over_one": SPEED_UP, "overhead_per_trial": OVERHEAD_SECONDS},
        two_nodes_over_one=round(median(ups), 3),
        each_two_nodes_over_one=[round(one, 3) for one in ups],
        overhead_per_trial=round(median(costs), 3),
        overheads=[round(one, 3) for one in costs],
        trials=arguments.trials,
        epochs=arguments.epochs,
    )


@contextmanager
def _cluster(nodes: list[set[int]]) -> Iterator[str]:
    """A scheduler and nodes that have these cores; its address, "" for no node."""
    started: list[subprocess.Popen[str]] = []

    def begin(*module: str, cores: Collection[int] = ()) -> str:
        pin = ["taskset", "-c", ",".join(map(str, cores))] if cores else []
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        started.append(subprocess.Popen([*pin, sys.executable, "-m", *module], **pipes))
        assert started[-1].stdout
        return started[-1].stdout.readline().strip()

    with tempfile.TemporaryDirectory() as folder:
        try:
            address = begin("engine.cluster.scheduler", "--port", "0") if nodes else ""
            for number, cores in enumerate(nodes):
                begin("engine.cluster.node", address, "--folder", f"{folder}/{number}", cores=cores)
            yield address
        finally:
            for process in reversed(started):
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
