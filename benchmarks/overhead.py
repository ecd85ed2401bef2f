"""What recording costs: steps per second of a real run, over a bare loop that validates as often.

`python -m benchmarks.overhead`; about an hour. Target: at least 0.95 for every network in both frameworks.
"""

import argparse
import math
from functools import partial

from benchmarks.measuring import alternated, in_own_process, medians, recorded_speed, say, tell
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
    arguments = parser.parse_args()
    found = {
        f"{network}, {framework}": _compare(network, framework, arguments.rounds, arguments.seconds)
        for network in arguments.networks
        for framework in arguments.frameworks
    }
    met = all(case["ratio"] >= TARGET for case in found.values())
    tell("overhead", met, target=TARGET, rounds=arguments.rounds, seconds=arguments.seconds, cases=found)


def _compare(network: str, framework: str, rounds: int, seconds: float) -> dict:
    fields = {"network": network, "frameworks": [framework]}
    epochs = _long_enough(fields, framework, seconds)
    config = RunConfig.build(fields | {"epochs": epochs})
    say(f"{network} in {framework}: {epochs} epochs")
    speeds = medians(
        alternated(
            rounds,
            {
                "recorded": partial(recorded_speed, config),
                "bare": partial(bare_speed, config, framework),
                "without_histograms": partial(recorded_speed, config.model_copy(update={"histograms": False})),
            },
        )
    )
    return {
        "ratio": round(speeds["recorded"] / speeds["bare"], 3),
        "ratio_without_histograms": round(speeds["without_histograms"] / speeds["bare"], 3),
        "execution": getattr(config.execution, framework),
        "epochs": epochs,
        "steps_per_second": speeds,
    }


def bare_speed(config: RunConfig, framework: str) -> float:
    """Steps per second of the bare loop, in a process of its own."""
    return in_own_process(f"bare_{framework}", config.to_json())["steps_per_second"]


def _long_enough(fields: dict, framework: str, seconds: float) -> int:
    """How many epochs take so long; as fast as the bare loop goes."""
    trial = RunConfig.build(fields | {"epochs": TRIAL[fields["network"] in QUICK]})
    examples = training_examples(trial.form.examples, trial.train_fraction)
    steps = MARGIN * seconds * bare_speed(trial, framework)
    return math.ceil(steps / steps_per_epoch(examples, trial.batch_size))


if __name__ == "__main__":
    main()
