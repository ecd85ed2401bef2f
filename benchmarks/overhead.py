"""What recording costs: steps per second of a real run, over a bare loop that validates as often.

`python -m benchmarks.overhead`; about an hour. Target: at least 0.95 for every network in both frameworks.
`--execution xla --steps-per-call many`, and `compile` with `many`, measure the fast ways to run a step.
"""

import argparse
import math
from functools import partial

from benchmarks.measuring import (
    add_ways,
    alternated,
    configs,
    in_own_process,
    medians,
    recorded_speed,
    say,
    tell,
    way_of,
)
from engine.config import FRAMEWORKS, RunConfig
from engine.datasets.catalogue import training_examples
from engine.fairness.batches import steps_per_epoch
from engine.networks.catalogue import NETWORKS

TARGET = 0.95
QUICK = ("mlp", "simple_net", "plain_mlp", "logistic")
TRIAL = {True: 100, False: 4}  # epochs of the trial that tells how many are long enough
MARGIN = 1.15  # the run shall be long enough although the trial was a little slow


def main() -> None:
    """Measure each network in each framework: with histograms, without, and bare, taking turns."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0, help="the least length of a run")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=list(FRAMEWORKS))
    add_ways(parser)
    arguments = parser.parse_args()
    cases, refused = configs(parser, arguments)
    found = {name: _compare(name, config, arguments.rounds, arguments.seconds) for name, config in cases.items()}
    met = all(case["ratio"] >= TARGET for case in found.values())
    tell("overhead", met, target=TARGET, rounds=arguments.rounds, seconds=arguments.seconds, cases=found,
         refused=refused)  # fmt: skip


def _compare(name: str, config: RunConfig, rounds: int, seconds: float) -> dict:
    config = config.model_copy(update={"epochs": _long_enough(config, seconds)})
    say(f"{name}: {config.epochs} epochs")
    speeds = medians(
        alternated(
            rounds,
            {
                "recorded": partial(recorded_speed, config),
                "bare": partial(bare_speed, config),
                "without_histograms": partial(recorded_speed, config.model_copy(update={"histograms": False})),
            },
        )
    )
    return {
        "ratio": round(speeds["recorded"] / speeds["bare"], 3),
        "ratio_without_histograms": round(speeds["without_histograms"] / speeds["bare"], 3),
        **way_of(config),
        "epochs": config.epochs,
        "steps_per_second": speeds,
    }


def bare_speed(config: RunConfig) -> float:
    """Steps per second of the bare loop, in a process of its own."""
    return in_own_process(f"bare_{config.frameworks[0]}", config.to_json())["steps_per_second"]


def _long_enough(config: RunConfig, seconds: float) -> int:
    """How many epochs take so long; as fast as the bare loop goes."""
    trial = config.model_copy(update={"epochs": TRIAL[config.network in QUICK]})
    examples = training_examples(trial.form.examples, trial.train_fraction)
    steps = MARGIN * seconds * bare_speed(trial)
    return math.ceil(steps / steps_per_epoch(examples, trial.batch_size))


if __name__ == "__main__":
    main()
