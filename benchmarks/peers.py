"""Our speed over that of others: the same run of the mlp on digits, ours recording every step and writing TensorBoard.

`python -m benchmarks.peers`; about six minutes. One thread, batch 32, Adam, validation after every epoch. Targets in
TARGETS.
"""

import argparse
from functools import partial

from benchmarks.measuring import alternated, in_own_process, medians, recorded_speed, tell
from engine.config import FRAMEWORKS, RunConfig

TARGETS = {
    "torch": {"loader": 1.8, "loader_with_writer": 2.0, "lightning": 4.0},
    "tensorflow": {"fit": 5.0, "fit_with_board": 8.0},
}
STEPS_PER_EPOCH = 45
SPEEDS = {"torch": (3000, 1000), "tensorflow": (7000, 700)}  # ours and the others', to give each about as long a run


def main() -> None:
    """Measure every way, taking turns."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="about how long each measurement lasts")
    parser.add_argument("--without-validation", action="store_true", help="the others do not validate, ours does")
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=list(FRAMEWORKS))
    arguments = parser.parse_args()
    ways = {}
    for framework in arguments.frameworks:
        ours, others = (_config(framework, arguments.seconds * speed) for speed in SPEEDS[framework])
        ways[f"{framework}, ours"] = partial(recorded_speed, ours)
        for way in TARGETS[framework]:
            ways[f"{framework}, {way}"] = partial(peer_speed, framework, way, others, not arguments.without_validation)
    speeds = medians(alternated(arguments.rounds, ways))
    ratios = {
        framework: {way: round(speeds[f"{framework}, ours"] / speeds[f"{framework}, {way}"], 2) for way in targets}
        for framework, targets in TARGETS.items()
        if framework in arguments.frameworks
    }
    met = all(ratio >= TARGETS[framework][way] for framework, found in ratios.items() for way, ratio in found.items())
    executions = vars(_config("torch", 1).execution)
    tell(
        "peers",
        met,
        targets={framework: TARGETS[framework] for framework in ratios},
        ratios=ratios,
        our_execution={framework: executions[framework] for framework in ratios},
        the_others_validate=not arguments.without_validation,
        rounds=arguments.rounds,
        steps_per_second=speeds,
    )


def peer_speed(framework: str, way: str, config: RunConfig, validate: bool) -> float:
    """Steps per second of one of the others, in a process of its own."""
    word = "validate" if validate else "train-only"
    return in_own_process(f"peers_{framework}", way, config.to_json(), word)["steps_per_second"]


def _config(framework: str, steps: float) -> RunConfig:
    epochs = max(2, round(steps / STEPS_PER_EPOCH))
    return RunConfig.build({"network": "mlp", "dataset": "digits", "frameworks": [framework], "epochs": epochs})


if __name__ == "__main__":
    main()
