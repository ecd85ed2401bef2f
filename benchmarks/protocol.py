"""Whether the benchmark protocol keeps its word: simulated A/A sets, a planted slowdown, and real A/A runs.

`python -m benchmarks.protocol`; about 3 minutes. Targets: at most 6 % of A/A sets say faster or slower; a slowdown of
5 % is found in at least 90 % of the sets with a quiet machine's noise.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measuring import say, tell
from engine.bench import benchmark
from engine.bench.benchmark import Plan
from engine.bench.pairs import judged_pair
from engine.bench.results import results
from engine.config import RunConfig
from engine.launcher import Launcher
from engine.measure.order import there_and_back
from engine.runs import Store

FALSE_ALARMS, FOUND = 0.06, 0.90


@dataclass(frozen=True)
class Clock:
    """How timings go astray, all relative."""

    spread: float  # of a block
    spikes: float = 0.0  # share of blocks that take longer
    spike: float = 0.0  # by at most so much
    drift: float = 0.0  # from the first round to the last
    slow_rounds: float = 0.0  # share of rounds in a clock state that is a tenth slower
    slow_blocks: float = 0.0  # the same of blocks


CLOCKS = {
    "quiet": Clock(0.01),
    "realistic": Clock(0.03, spikes=0.05, spike=0.3, drift=0.05, slow_rounds=0.3),
    "drifting": Clock(0.01, drift=0.3),
    "bimodal": Clock(0.01, slow_blocks=0.5),
    "heavy-tailed": Clock(0.02, spikes=0.2, spike=1.0),
}


def main() -> None:
    """Simulate, then measure one case against itself."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.protocol", description=__doc__)
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--real", type=int, default=5, help="real A/A benchmarks")
    arguments = parser.parse_args()
    alarms = {kind: share_of(arguments.sets, kind, 1.0, ("faster", "slower")) for kind in CLOCKS}
    say(f"A/A: {alarms}")
    found = {kind: share_of(arguments.sets, kind, 1.05, ("faster",)) for kind in CLOCKS}
    say(f"5 % slower: {found}")
    real = _real(arguments.real)
    met = max(alarms.values()) <= FALSE_ALARMS and found["quiet"] >= FOUND
    tell("protocol", met, false_alarms=alarms, slowdown_found=found, real_a_a=real, sets=arguments.sets)


def share_of(sets: int, kind: str, slower: float, words: tuple[str, ...]) -> float:
    """The share of sets whose verdict is one of `words`; the second case is so many times slower."""
    plan = one_against_itself()
    sets_of_lines = (lines_of(plan, kind, number, slower) for number in range(sets))
    said = [judged_pair(results(plan, lines).cases, (0, 1), wider=1.0).word for lines in sets_of_lines]
    return sum(word in words for word in said) / sets


def one_against_itself() -> Plan:
    """A plan of two cases that are one."""
    plan = benchmark.comparison(RunConfig.build({"frameworks": ["torch"], "policy": "defaults"}))
    return plan.model_copy(update={"cases": plan.cases * 2})


def lines_of(plan: Plan, kind: str, seed: int, slower: float = 1.0) -> list[dict]:
    """What the driver would tell of two cases on such a clock."""
    generator, clock = np.random.default_rng(seed), CLOCKS[kind]
    told: list[dict] = []
    for number in range(plan.rounds):
        state = _state(generator, clock.slow_rounds)
        for position, case in enumerate(there_and_back([0, 1], number)):
            seconds = 1e-3 * (slower if case else 1.0) * state * _state(generator, clock.slow_blocks)
            seconds *= 1 + clock.drift * (number + position / 4) / plan.rounds
            seconds *= float(np.exp(generator.normal(0, clock.spread)))
            seconds *= 1 + clock.spike * generator.random() if generator.random() < clock.spikes else 1.0
            told.append({"type": "block", "round": number, "position": position, "case": case, "process": case,
                         "count": 100, "seconds": 100 * seconds, "time": float(number)})  # fmt: skip
    return told


def _state(generator: np.random.Generator, slow: float) -> float:
    return 1.1 if generator.random() < slow else 1.0


def _real(times: int) -> list[dict]:
    """What real A/A benchmarks say, each of one case against itself."""
    found = []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            launcher = Launcher(Store(Path(folder)), warm=False, adopt=False)
            launcher.open()
            plan, store = one_against_itself(), launcher.store
            name = launcher.measure(plan)
            while benchmark.last_word(store, name) in benchmark.UNDER_WAY:
                time.sleep(1.0)
            pair = results(plan, benchmark.lines(store, name)).pairs[0]
            launcher.close()
        found.append({"ratio": pair.ratio, "interval": [pair.low, pair.high], "word": pair.word})
        say(f"real A/A: {found[-1]}")
    return found


if __name__ == "__main__":
    main()
