"""Whether the benchmark protocol keeps its word: simulated A/A sets, a planted slowdown, and real A/A runs.

`python -m benchmarks.protocol`; about 8 minutes, with `--presets quick thorough` three quarters of an hour. Targets: at
most 6 % of A/A sets say faster or slower, and of the real A/A runs no more than such a share gives by chance; a
slowdown of 5 % is found in at least 90 % of the sets with a quiet machine's noise.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import binom

from benchmarks.measuring import say, tell
from engine.bench import benchmark
from engine.bench.driver import Driver
from engine.bench.pairs import judged_pair
from engine.bench.plan import Plan
from engine.bench.results import results
from engine.config import FRAMEWORKS, RunConfig
from engine.measure.order import there_and_back
from engine.runs import Store

FALSE_ALARMS, FOUND = 0.06, 0.90
PRESETS = tuple(benchmark.ROUNDS)


@dataclass(frozen=True)
class Clock:
    """How timings go astray, all relative."""

    spread: float  # of a block
    spikes: float = 0.0  # share of blocks that take longer
    spike: float = 0.0  # by at most so much
    drift: float = 0.0  # from the first round to the last
    slow_rounds: float = 0.0  # share of rounds in a clock state that is a tenth slower
    slow_blocks: float = 0.0  # the same of blocks
    processes: float = 0.0  # standard deviation of what each process is slower by for its whole life


CLOCKS = {
    "quiet": Clock(0.01),
    "realistic": Clock(0.03, spikes=0.05, spike=0.3, drift=0.05, slow_rounds=0.3),
    "drifting": Clock(0.01, drift=0.3),
    "bimodal": Clock(0.01, slow_blocks=0.5),
    "heavy-tailed": Clock(0.02, spikes=0.2, spike=1.0),
    "unequal processes": Clock(0.01, processes=0.02),
}
# Quick keeps its processes, so what differs between two of them is the same in all its rounds: its interval is one for
# this pair of processes, and nothing in it can show that another pair would have another ratio. It is told, not judged.
BLIND = ("unequal processes", "quick")


def main() -> None:
    """Simulate, then measure one case against itself, each in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.protocol", description=__doc__)
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--real", type=int, default=5, help="real A/A benchmarks of each framework and preset")
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=["quick"], help="of the real ones")
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=list(FRAMEWORKS), help="of the same")
    arguments = parser.parse_args()
    alarms: dict[str, dict[str, float]] = {preset: {} for preset in PRESETS}
    found: dict[str, dict[str, float]] = {preset: {} for preset in PRESETS}
    for clock, preset in simulated():
        alarms[preset][clock] = share_of(arguments.sets, clock, 1.0, ("faster", "slower"), preset)
        found[preset][clock] = share_of(arguments.sets, clock, 1.05, ("faster",), preset)
        say(f"{clock}, {preset}: {alarms[preset][clock]:.1%} false alarms, {found[preset][clock]:.1%} found")
    real = [
        _real(one_against_itself(framework, preset))
        for preset in arguments.presets
        for framework in arguments.frameworks
        for _ in range(arguments.real)
    ]
    said = sum(one["word"] in ("faster", "slower") for one in real)
    judged = [alarms[preset][clock] for clock, preset in simulated() if (clock, preset) != BLIND]
    met = max(judged) <= FALSE_ALARMS and found["quick"]["quiet"] >= FOUND
    met = met and said <= by_chance(len(real)) and all(one["word"] for one in real)
    tell("protocol", met, false_alarms=alarms, slowdown_found=found, not_judged=BLIND, real_a_a=real,
         real_false_alarms=said, by_chance=by_chance(len(real)), sets=arguments.sets)  # fmt: skip


def simulated() -> list[tuple[str, str]]:
    """Clocks and presets; the presets differ only where processes do."""
    presets = {name: PRESETS if clock.processes else PRESETS[:1] for name, clock in CLOCKS.items()}
    return [(name, preset) for name in CLOCKS for preset in presets[name]]


def by_chance(times: int) -> int:
    """The most false alarms in so many A/A runs that a share of FALSE_ALARMS explains: more come in 5 % at most."""
    return int(binom.ppf(0.95, times, FALSE_ALARMS)) if times else 0


def share_of(sets: int, kind: str, slower: float, words: tuple[str, ...], preset: str = "quick") -> float:
    """The share of sets whose verdict is one of `words`; the second case is so many times slower."""
    plan = one_against_itself(preset=preset)
    sets_of_lines = (lines_of(plan, kind, number, slower) for number in range(sets))
    said = [judged_pair(results(plan, lines).cases, (0, 1), wider=1.0).word for lines in sets_of_lines]
    return sum(word in words for word in said) / sets


def one_against_itself(framework: str = "torch", preset: str = "quick") -> Plan:
    """A plan of two cases that are one."""
    plan = benchmark.comparison(RunConfig.build({"frameworks": [framework], "policy": "defaults"}), preset)
    return plan.model_copy(update={"cases": plan.cases * 2})


def lines_of(plan: Plan, kind: str, seed: int, slower: float = 1.0) -> list[dict]:
    """What the driver would tell of two cases on such a clock, each in a process of its own: Quick keeps both."""
    generator, clock = np.random.default_rng(seed), CLOCKS[kind]
    told: list[dict] = []
    unequal = np.zeros(2)
    for number in range(plan.rounds):
        if clock.processes and (number == 0 or plan.preset == "thorough"):
            unequal = generator.normal(0, clock.processes, 2)
        state = _state(generator, clock.slow_rounds)
        for position, case in enumerate(there_and_back([0, 1], number)):
            seconds = 1e-3 * (slower if case else 1.0) * state * _state(generator, clock.slow_blocks)
            seconds *= float(np.exp(unequal[case]))
            seconds *= 1 + clock.drift * (number + position / 4) / plan.rounds
            seconds *= float(np.exp(generator.normal(0, clock.spread)))
            seconds *= 1 + clock.spike * generator.random() if generator.random() < clock.spikes else 1.0
            process = case if plan.preset == "quick" else 2 * number + case
            told.append({"type": "block", "round": number, "position": position, "case": case, "process": process,
                         "count": 100, "seconds": 100 * seconds, "time": float(number)})  # fmt: skip
    return told


def _state(generator: np.random.Generator, slow: float) -> float:
    return 1.1 if generator.random() < slow else 1.0


class _Apart(Driver):
    """A driver that gives each case a process of its own: two that are equal would share one."""

    def _key(self, case: int) -> tuple:
        """The last part is an environment variable that nobody reads."""
        return (*super()._key(case), ("TANDEM_CASE", str(case)))


def _real(plan: Plan) -> dict:
    """What a real A/A benchmark says, of one case against itself in two processes, in Thorough two in each round."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        name = benchmark.create(store, plan)
        _Apart(benchmark.folder(store, name)).run()
        found = results(plan, benchmark.lines(store, name))
    pair = found.pairs[0]
    told = {"framework": plan.cases[0].framework, "preset": plan.preset}
    told |= {"processes": sum(case.processes for case in found.cases), "ratio": pair.ratio}
    told |= {"interval": [pair.low, pair.high], "word": pair.word, "why": pair.why, "remarks": found.remarks}
    say(f"real A/A: {told}")
    return told


if __name__ == "__main__":
    main()
