"""Whether the benchmark protocol keeps its word: simulated A/A sets, a planted slowdown, and real A/A runs.

`python -m benchmarks.protocol`; about 3 minutes. Targets: at most 6 % of A/A sets say faster or slower; a slowdown of
5 % is found in at least 90 % of the sets with a quiet machine's noise.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.measuring import say, tell
from engine import benchmark
from engine.benchmark import Plan
from engine.benchmark_results import results
from engine.config import RunConfig
from engine.launcher import Launcher
from engine.measure.order import there_and_back
from engine.runs import Store

FALSE_ALARMS, FOUND = 0.06, 0.90
# Spread of a block, share of blocks with a spike and its size, drift over all rounds, share of a slower clock state.
NOISE = {
    "quiet": (0.01, 0.0, 0.0, 0.0, 0.0),
    "realistic": (0.03, 0.05, 0.3, 0.05, 0.3),
}


def main() -> None:
    """Simulate, then measure one case against itself."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.protocol", description=__doc__)
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--real", type=int, default=5, help="real A/A benchmarks")
    arguments = parser.parse_args()
    alarms = {kind: _share(arguments.sets, kind, 1.0, ("faster", "slower")) for kind in NOISE}
    say(f"A/A: {alarms}")
    found = {kind: _share(arguments.sets, kind, 1.05, ("faster",)) for kind in NOISE}
    say(f"5 % slower: {found}")
    real = _real(arguments.real)
    met = max(alarms.values()) <= FALSE_ALARMS and found["quiet"] >= FOUND
    tell("protocol", met, false_alarms=alarms, slowdown_found=found, real_a_a=real, sets=arguments.sets)


def _share(sets: int, kind: str, slower: float, words: tuple[str, ...]) -> float:
    """The share of sets whose verdict is one of `words`; the second case is so many times slower."""
    generator = np.random.default_rng(20)
    plan = _plan()
    said = [results(plan, _lines(plan, generator, NOISE[kind], slower)).pairs[0].word for _ in range(sets)]
    return sum(word in words for word in said) / sets


def _plan() -> Plan:
    plan = benchmark.comparison(RunConfig.build({"frameworks": ["torch"], "policy": "defaults"}))
    return plan.model_copy(update={"cases": plan.cases * 2})


def _lines(plan: Plan, generator: np.random.Generator, noise: tuple[float, ...], slower: float) -> list[dict]:
    spread, spikes, spike, drift, throttled = noise
    told: list[dict] = []
    for number in range(plan.rounds):
        clock = 1.1 if generator.random() < throttled else 1.0
        for position, case in enumerate(there_and_back([0, 1], number)):
            seconds = 1e-3 * (slower if case else 1.0) * clock * (1 + drift * (number + position / 4) / plan.rounds)
            seconds *= float(np.exp(generator.normal(0, spread)))
            seconds *= 1 + spike * generator.random() if generator.random() < spikes else 1.0
            told.append({"type": "block", "round": number, "position": position, "case": case, "process": case,
                         "count": 100, "seconds": 100 * seconds, "time": float(number)})  # fmt: skip
    return told


def _real(times: int) -> list[dict]:
    """What real A/A benchmarks say, each of one case against itself."""
    found = []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            launcher = Launcher(Store(Path(folder)), warm=False, adopt=False)
            launcher.open()
            plan, store = _plan(), launcher.store
            name = launcher.measure(plan)
            while benchmark.last_word(store, name) in ("queued", "running"):
                time.sleep(1.0)
            pair = results(plan, benchmark.lines(store, name)).pairs[0]
            launcher.close()
        found.append({"ratio": pair.ratio, "interval": [pair.low, pair.high], "word": pair.word})
        say(f"real A/A: {found[-1]}")
    return found


if __name__ == "__main__":
    main()
