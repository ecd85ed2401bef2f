"""Every way to run a training step of `mlp` on digits, batch 32, in one go, and when compiling has paid for itself.

`python -m benchmarks.ladder`; about 10 minutes. Targets: the best PyTorch rung at least 3 times the eager loop with
fused Adam, the best TensorFlow rung at least 8 times one `tf.function` call for every step.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import say, tell
from engine.bench import benchmark, published
from engine.bench.driver import Driver
from engine.bench.pairs import PairResult
from engine.bench.plan import Case, Plan, name_of
from engine.bench.results import results
from engine.config import RunConfig
from engine.fairness.defaults import matchable, matches
from engine.runs import Store

TARGETS = {"torch": 3.0, "tensorflow": 8.0}
# The plain rung of each side; the second for plain gradient descent, whose equation is matched anyway.
BASES = {"torch": ("torch.eager.fused", "torch.eager"), "tensorflow": ("tensorflow.graph.one",)}
EQUATION = "optimizer_equation"


def main() -> None:
    """Measure the ladder as the Speed page's thorough preset has it, compiled PyTorch included, in fewer processes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ladder", description=__doc__)
    parser.add_argument("--network", default="mlp")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="of a timed block")
    arguments = parser.parse_args()
    fields = {"network": arguments.network, "batch_size": arguments.batch_size, "policy": "defaults"}
    cases = rungs(RunConfig.build(fields))
    plan = Plan.build(
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
        measured = published.of_store(store, name)
    found = _told(measured)
    best = {side: _best(found, side) for side in BASES}
    met = all(best[side].get("word") == "faster" and best[side]["ratio"] >= TARGETS[side] for side in TARGETS)
    limits = {name: round(rate) for name, rate in measured.found.limits.items()}
    tell("ladder", met, targets=TARGETS, bases=bases(list(found)), fields=fields, rounds=arguments.rounds, best=best,
         rungs=found, limits=limits, remarks=measured.found.remarks)  # fmt: skip


def rungs(config: RunConfig) -> list[Case]:
    """Those of a thorough ladder. Where PyTorch calls its optimizer for every step, that is the fused one.

    It is not what PyTorch takes by itself, so the plain loop is there with what it does take as well. TensorFlow keeps
    Keras' own optimizer, and many steps in one compiled call of PyTorch have equations of their own.
    """
    found, fused = [], EQUATION in matchable(config)
    for case in benchmark.ladder(config, "thorough").cases:
        one = case.config
        single = case.loop == "engine" and case.framework == "torch" and one.steps_per_call.torch == "one"
        if not (single and fused) or one.execution.torch == "eager":
            found.append(case)
        if single and fused:
            found.append(Case(config=one.model_copy(update={"matched_defaults": (EQUATION,)})))
    return found


def told_name(case: Case) -> str:
    """As plan.name_of, and `torch.eager.fused` for a fused optimizer."""
    return name_of(case) + (".fused" if matches(case.config, EQUATION) else "")


def bases(names: Sequence[str]) -> dict[str, str]:
    """What the rungs of each side are compared with."""
    return {side: next(name for name in wanted if name in names) for side, wanted in BASES.items()}


def _told(measured: published.Measured) -> dict[str, dict]:
    """Each way by name: steps a second, seconds of its first step, and how it compares with the base of its side."""
    names = [told_name(case) for case in measured.plan.cases]
    found: dict[str, dict] = {}
    for name, case in zip(names, measured.found.cases, strict=True):
        if case.median is None:
            found[name] = {"lost": case.lost}
            continue
        first = case.first_seconds if case.first_seconds is None else round(case.first_seconds, 2)
        found[name] = {"steps_per_second": round(1 / case.median), "first_step_seconds": first}
        base = names.index(bases(names)[name.partition(".")[0]])
        found[name] |= _against(measured, case.case, base) if case.case != base else {"ratio": 1.0}
    return found


def _against(measured: published.Measured, case: int, base: int) -> dict:
    """How many times as fast as the base, with the 95 % interval and the verdict, and when it has caught up."""
    found = _alone(measured, case, base)
    if found.ratio is None or found.low is None or found.high is None:
        return {"why": found.why}
    pays = found.break_even if found.word == "faster" else None
    return {
        "ratio": round(found.ratio, 2),
        "interval": [round(found.low, 2), round(found.high, 2)],
        "word": found.word,
        "pays_after_steps": round(pays) if pays else None,
        **({"why": found.why} if found.why else {}),
    }


def _alone(measured: published.Measured, case: int, base: int) -> PairResult:
    """The two as a benchmark of their own: one with all ways in it sets them beside other bases."""
    places = {case: 0, base: 1}
    plan = measured.plan.model_copy(update={"cases": tuple(measured.plan.cases[one] for one in places)})
    lines = [
        {**line, "case": places[line["case"]]} if "case" in line else line
        for line in measured.lines
        if line.get("case", case) in places
    ]
    return results(plan, lines).pairs[0]


def _best(rungs: dict[str, dict], side: str) -> dict:
    """The fastest rung of a side that could be compared; its base where there is no other."""
    compared = {name: told for name, told in rungs.items() if name.startswith(f"{side}.") and "ratio" in told}
    name = max(compared, key=lambda name: compared[name]["steps_per_second"], default="")
    return {"rung": name, **compared.get(name, {})}


if __name__ == "__main__":
    main()
