"""What the benchmarks share: processes of their own, one run of ours, alternation, and the line they print."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from statistics import median

from engine import events
from engine.config import EXECUTIONS, ConfigError, RunConfig
from engine.launcher import Launcher
from engine.logs import read_log
from engine.runs import Store
from engine.system import processor
from engine.workers import settings, with_home

POLL_SECONDS = 0.01
MOST_SECONDS = 300.0  # for one measurement


def add_ways(parser: argparse.ArgumentParser) -> None:
    """The options that say how a framework runs its steps; each framework's usual way where they are left out."""
    names = sorted({name for executions in EXECUTIONS.values() for name in executions})
    parser.add_argument("--execution", choices=names, help="frameworks without it are left out")
    parser.add_argument("--steps-per-call", choices=("one", "many"))


def configs(
    parser: argparse.ArgumentParser, arguments: argparse.Namespace
) -> tuple[dict[str, RunConfig], dict[str, str]]:
    """Each network in each framework by the options of `add_ways`, by name, and why others cannot run so.

    `arguments` has `networks` and `frameworks` too. A framework without the execution is left out.
    """
    ways = {"execution": arguments.execution, "steps_per_call": arguments.steps_per_call}
    found: dict[str, RunConfig] = {}
    refused: dict[str, str] = {}
    for network in arguments.networks:
        for side in arguments.frameworks:
            if arguments.execution and arguments.execution not in EXECUTIONS[side]:
                continue
            asked = {name: {side: way} for name, way in ways.items() if way}
            try:
                found[f"{network}, {side}"] = RunConfig.build({"network": network, "frameworks": [side], **asked})
            except ConfigError as error:
                refused[f"{network}, {side}"] = str(error)
    if not found:
        parser.error(" ".join(refused.values()) or f"None of the frameworks has the execution {arguments.execution}.")
    return found, refused


def way_of(config: RunConfig) -> dict[str, str]:
    """How a config of one framework runs its steps."""
    side = config.frameworks[0]
    return {name: getattr(getattr(config, name), side) for name in ("execution", "steps_per_call")}


def in_own_process(module: str, *arguments: str) -> dict:
    """Run a module of benchmarks/ with a worker's environment and one thread; returns the JSON it prints last."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    environment = with_home(settings(1, "cpu"))
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=MOST_SECONDS, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def recorded_speed(config: RunConfig) -> float:
    """Steps per second of a real run of one side, recording everything: a worker's, started by a launcher.

    Wall-clock time, from the first epoch's end to the last steps in the events of the run: the first epoch traces, and
    no way of training is measured by it.
    """
    told = recorded(config)
    epoch = next(event.steps_per_epoch for _, event in told if isinstance(event, events.Started))
    done = [(now, event.first_step + len(event.losses)) for now, event in told if isinstance(event, events.Steps)]
    (begun, before), (ended, after) = next(one for one in done if one[1] >= epoch), done[-1]
    return (after - before) / (ended - begun)


def recorded(config: RunConfig) -> list[tuple[float, events.Event]]:
    """The events of a real run of one side to its end, each with the time at which it was read."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        closing(Launcher(Store(Path(folder)), warm=False)) as launcher,
    ):  # whose worker may still write for TensorBoard
        launcher.open()
        run = launcher.submit(config)
        path, offset, seen = launcher.store.log(run, config.frameworks[0]), 0, []
        deadline = time.perf_counter() + MOST_SECONDS
        while time.perf_counter() < deadline:
            found, offset = read_log(path, offset)
            now = time.perf_counter()
            seen += [(now, event) for event in found]
            if any(isinstance(event, events.Finished) for event in found):
                return seen
            if any(isinstance(event, events.LAST_WORDS) for event in found):
                raise SystemExit(f"The run did not finish: {found[-1]}.")
            time.sleep(POLL_SECONDS)
        launcher.stop(run)
        raise SystemExit(f"The run did not finish within {MOST_SECONDS:.0f} s.")


def alternated(rounds: int, ways: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """What each way measures in every round; the ways take turns, so that a slow minute is slow for all."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(way())
            say(f"{name}: {found[name][-1]:.4g}")
    return found


def medians(measured: Mapping[str, list[float]]) -> dict[str, float]:
    """The median of each way, with four digits."""
    return {name: float(f"{median(values):.4g}") for name, values in measured.items()}


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of all are not above."""
    return sorted(values)[max(0, -(-int(share * 1000) * len(values) // 1000) - 1)]


def say(text: str) -> None:
    """Progress, for a person; standard output is kept for the result."""
    print(text, file=sys.stderr, flush=True)


def machine() -> dict[str, object]:
    """Where it was measured, and how busy that machine was."""
    packages = {name: version(name) for name in ("torch", "tensorflow", "keras", "streamlit", "numpy")}
    return {
        "cpu": processor(),
        "cores": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        **packages,
    }


def tell(benchmark: str, met: bool, **found: object) -> None:
    """Print the one JSON line."""
    print(json.dumps({"benchmark": benchmark, "met": met, **found, "machine": machine()}))
