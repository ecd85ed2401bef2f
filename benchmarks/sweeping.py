"""What the benchmarks of sweeps share: one sweep from asking for it to its end."""

import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.measuring import MOST_SECONDS, POLL_SECONDS
from engine import assignments
from engine.config import RunConfig
from engine.launcher import Launcher
from engine.runs import Store
from engine.sweeps import sweep_store
from engine.sweeps.queued import Sweeps
from engine.sweeps.results import results
from engine.sweeps.sweep import Plan


def fields(given: Iterable[str]) -> dict[str, Any]:
    """A config's fields of `name=text`, each."""
    return assignments.fields(assignments.split(given))


def swept(plan: Plan, address: str = "", at_once: int = 1) -> tuple[float, list[RunConfig]]:
    """Seconds from asking for a sweep to its end, and what it trained; on the cluster at `address` if there is one."""
    with tempfile.TemporaryDirectory() as folder, closing(Launcher(Store(Path(folder)), warm=False)) as launcher:
        launcher.open()
        with closing(Sweeps(launcher)) as sweeps:
            sweeps.open()
            begun = time.perf_counter()
            name = sweep_store.create(launcher.store, plan, address, at_once)
            while sweep_store.how_it_ended(launcher.store, name) is None:
                patient(begun)
            seconds = time.perf_counter() - begun
        found = results(launcher.store, name)
        return seconds, [launcher.store.config(trial.run) for trial in found.trials]


def patient(begun: float) -> None:
    """Wait a little. Raises SystemExit where what began then takes too long."""
    if time.perf_counter() - begun > 3 * MOST_SECONDS:
        raise SystemExit("The runs did not end.")
    time.sleep(POLL_SECONDS)
