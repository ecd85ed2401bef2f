"""What a sweep costs beside its runs: wall-clock time of a trial, over that of the same run without a sweep.

`python -m benchmarks.sweep`; about four minutes. Target: at most 0.5 s a trial.
"""

import argparse
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

from benchmarks.measuring import say, tell
from benchmarks.sweeping import fields, patient, swept
from engine.config import RunConfig
from engine.launcher import Launcher
from engine.runs import Store
from engine.sweeps import sweep

TARGET_SECONDS = 0.5
TEXTS = {"network": "mlp", "dataset": "digits", "epochs": "5", "learning_rate": "log:1e-3:1e-1", "batch_size": "16,32"}


def main() -> None:
    """A sweep and the same runs without one, in turn, so that a slow minute is slow for both."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep", description=__doc__)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    in_sweep, bare = [], []
    for seed in range(arguments.rounds):
        plan = sweep.made({**TEXTS, "seed": str(seed)}, fields, trials=arguments.trials, seeds=0)
        seconds, configs = swept(plan)
        in_sweep.append(seconds / len(configs))
        bare.append(_alone(configs) / len(configs))
        say(f"a trial {in_sweep[-1]:.2f} s, the run alone {bare[-1]:.2f} s")
    overheads = [one - other for one, other in zip(in_sweep, bare, strict=True)]
    tell(
        "sweep",
        median(overheads) <= TARGET_SECONDS,
        targets={"overhead_per_trial": TARGET_SECONDS},
        overhead_per_trial=round(median(overheads), 3),
        overheads=[round(one, 3) for one in overheads],
        seconds_per_trial=[round(one, 3) for one in in_sweep],
        seconds_per_bare_run=[round(one, 3) for one in bare],
        trials=arguments.trials,
    )


def _alone(configs: list[RunConfig]) -> float:
    """Seconds for the same runs, each queued as soon as the one before it has ended."""
    with tempfile.TemporaryDirectory() as folder, closing(Launcher(Store(Path(folder)), warm=False)) as launcher:
        launcher.open()
        begun = time.perf_counter()
        for config in configs:
            run = launcher.submit(config)
            while not all(side.ended for side in launcher.store.status(run).values()):
                patient(begun)
        return time.perf_counter() - begun


if __name__ == "__main__":
    main()
