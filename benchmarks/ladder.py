"""Every way to run a training step of `mlp` on digits, batch 32, in one go, and when compiling has paid for itself.

`python -m benchmarks.ladder`; about 10 minutes. Targets: the best PyTorch rung at least 3 times the eager loop with
fused Adam, the best TensorFlow rung at least 8 times one `tf.function` call for every step.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.measuring import say, tell
from engine.bench import benchmark, published
from engine.bench.driver import Driver
from engine.bench.results import CaseResult
from engine.config import RunConfig
from engine.fairness.intervals import interval
from engine.runs import Store

TARGETS = {"torch": 3.0, "tensorflow": 8.0}
BASES = {"torch": "torch.eager", "tensorflow": "tensorflow.graph.one"}


def main() -> None:
    """Measure the ladder as the Speed page's thorough preset has it, compiled PyTorch included, in fewer processes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ladder", description=__doc__)
    parser.add_argument("--network", default="mlp")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="of a timed block")
    arguments = parser.parse_args()
    fields = {"network": arguments.network, "batch_size": arguments.batch_size, "policy": "defaults"}
    cases = benchmark.ladder(RunConfig.build(fields), "thorough").cases
    plan = benchmark.Plan.build(
        {
            "title": "Ladder",
            "preset": "quick",  # one process for each side: how processes differ is no part of this question
            "quantity": "training_step",
            "cases": [case.model_dump(mode="json") for case in cases],
            "rounds": arguments.rounds,
            "block_seconds": arguments.seconds,
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        name = benchmark.create(store, plan)
        say(f"{len(plan.cases)} ways to run {arguments.network}")
        Driver(benchmark.folder(store, name)).run()
        found = published.of_store(store, name)
    rungs = _rungs(found)
    best = {side: _best(rungs, side) for side in BASES}
    met = all(best[side]["ratio"] >= target for side, target in TARGETS.items())
    limits = {name: round(rate) for name, rate in found.found.limits.items()}
    tell("ladder", met, targets=TARGETS, fields=fields, rounds=arguments.rounds, best=best, rungs=rungs,
         limits=limits, remarks=found.found.remarks)  # fmt: skip


def _rungs(measured: published.Measured) -> dict[str, dict]:
    """Each way by name: steps a second, seconds of its first step, and how it compares with the base of its side."""
    names = [benchmark.name_of(case) for case in measured.plan.cases]
    cases = dict(zip(names, measured.found.cases, strict=True))
    found: dict[str, dict] = {}
    for name, case in cases.items():
        if case.median is None or case.first_seconds is None:
            found[name] = {"lost": case.lost}
            continue
        first = round(case.first_seconds, 2)
        found[name] = {"steps_per_second": round(1 / case.median), "first_step_seconds": first}
        found[name] |= _against(case, cases[BASES[name.partition(".")[0]]])
    return found


def _against(case: CaseResult, base: CaseResult) -> dict:
    """How many times as fast as the base, with the 95 % interval, and the steps after which it has caught up."""
    logs = [_log_seconds(base, place) - _log_seconds(case, place) for place in {block.round for block in case.blocks}]
    found = interval(logs)
    if case is base or found is None or None in (case.first_seconds, base.first_seconds):
        return {"ratio": 1.0}
    later, gained = case.first_seconds - base.first_seconds, base.median - case.median
    return {
        "ratio": round(float(np.exp(found.mean)), 2),
        "interval": [round(float(np.exp(edge)), 2) for edge in (found.low, found.high)],
        "pays_after_steps": round(later / gained) if later > 0 and gained > 0 else None,
    }


def _log_seconds(case: CaseResult, place: int) -> float:
    return float(np.mean([np.log(block.seconds) for block in case.blocks if block.round == place]))


def _best(rungs: dict[str, dict], side: str) -> dict:
    name = max((name for name in rungs if name.startswith(side) and "ratio" in rungs[name]),
               key=lambda name: rungs[name]["steps_per_second"])  # fmt: skip
    return {"rung": name, **rungs[name]}


if __name__ == "__main__":
    main()
