"""Mixed precision on the command line: two runs, a benchmark, and what a shorter type did to a network."""

import json

from rich.console import Console

from engine.charts import pipelines_precision, pipelines_report, speed_doubts
from engine.commands import bench, bench_report
from engine.commands.follow import to_the_end
from engine.config import NAMES, RunConfig
from engine.launcher import Launcher
from engine.pipelines import precision
from engine.probes import ready
from engine.runs import Store

out, err = Console(), Console(stderr=True)


def measure(store: Store, network: str, mixed: str, as_json: bool) -> int:
    """Train and measure anew, and print; 1 where one did not finish. Raises ConfigError and StoreError."""
    configs, plan = precision.configs(network, mixed), precision.plan(network, mixed)
    for config in configs.values():
        ready.check(config)
    runs: dict[str, str] = {}
    for name, config in configs.items():
        runs[name] = _trained(store, config)
        if unfinished := _unfinished(store, runs[name]):
            err.print(f"Nothing more is measured, because of the run {runs[name]}: {unfinished}.", highlight=False)
            return 1
    measured, interrupted = bench.measured(store, plan)
    apart = pipelines_precision.apart(store, runs)
    pairs = precision.pairs(measured.found, measured.lines)
    if as_json:
        print(json.dumps(pipelines_report.precision_json(network, runs, apart, measured.id, pairs)))
    else:
        out.print(bench_report.table(measured))
        name = precision.name_of(mixed)
        told = [*pipelines_precision.losses(apart, name), *pipelines_precision.speeds(pairs, name)]
        for sentence in (*told, *speed_doubts.doubts(plan, measured.found)):
            out.print(sentence, highlight=False, markup=False, soft_wrap=True)
    if interrupted:
        return bench.INTERRUPTED
    return 0 if measured.found.word == "finished" else 1


def _trained(store: Store, config: RunConfig) -> str:
    """Train one config and follow it to its end; returns the run."""
    launcher = Launcher(store, warm=False, adopt=False)
    launcher.open()
    try:
        run = launcher.submit(config)
        err.print(f"Run {run} in {store.root}, in {config.precision}", highlight=False, markup=False)
        to_the_end(launcher, store, run, err)
    finally:
        launcher.close()
    return run


def _unfinished(store: Store, run: str) -> str:
    """The sides that have not finished, and why, in words; empty where both have."""
    over = {side: status for side, status in store.status(run).items() if status.word != "finished"}
    return ", ".join(f"{NAMES[side]} is {status.word}" for side, status in over.items())
