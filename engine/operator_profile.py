"""The operators of both sides of a config, recorded one side after the other so that neither disturbs the other.

A result is `profiles/<digest>/`: request.json, and per framework its operators and its traces. It appears whole or not
at all.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from engine import system, timed
from engine.config import FRAMEWORKS, RunConfig, refused
from engine.profile_operators import BLOCKS
from engine.runs import Store, StoreError
from engine.workers import settings, with_home

MOST_STEPS = 500
LIMIT_SECONDS = 900.0
POLL_SECONDS = 0.1
BUSY_SECONDS = 1.0  # between two looks for what else has the machine
SCHEMA = 1
KEPT = {"torch": ("torch.trace.json.gz",), "tensorflow": ("tensorflow.trace.json.gz", "tensorflow.xplane.pb")}


class ProfileError(StoreError):
    """A profile that cannot be made or read; the message is one sentence for a person."""


@dataclass(frozen=True)
class Request:
    """What is to be profiled: so many steps of each side, as the config executes them."""

    config: RunConfig
    steps: int
    kind: str = "operators"

    @classmethod
    def build(cls, config: RunConfig, steps: int) -> "Request":
        """A request that can be carried out. Raises ConfigError."""
        if not 1 <= steps <= MOST_STEPS:
            raise refused("steps", steps, f"a whole number, at least 1 and at most {MOST_STEPS:,}")
        for side in FRAMEWORKS:
            device = getattr(config.device, side)
            if device != "cpu":
                raise refused(f"device.{side}", device, "cpu: operators are recorded on the processor alone")
        return cls(RunConfig.build(config.model_dump() | {"frameworks": FRAMEWORKS}), steps)

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""
        unimportant = {"frameworks", "concurrency", "histograms", "snapshots", "early_stopping_patience", "epochs"}
        known = json.dumps(self.config.model_dump(mode="json", exclude=unimportant), sort_keys=True)
        return store.root / "profiles" / hashlib.sha256(known.encode()).hexdigest()[:16]


class Profiling:
    """One profile under way. `trouble` is one sentence once it has ended without a result."""

    def __init__(self, store: Store, request: Request):
        """Start the first side. Raises ProfileError where that cannot be now."""
        self.request, self.folder = request, request.folder(store)
        self.trouble = ""
        self._store = store
        if busy := _busy(store):
            raise ProfileError(f"{busy}, and beside it nothing can be measured; profile when it has ended.")
        self._draft = self.folder.with_name(f".{self.folder.name}.{time.time_ns()}")
        config = request.config.model_dump(mode="json")
        asked = {"schema": SCHEMA, "steps": request.steps, "time": time.time(), "config": config}
        try:
            self._draft.mkdir(parents=True)
            system.write_whole(self._draft / "request.json", json.dumps(asked))
        except OSError as error:
            raise ProfileError(f"The store {store.root} cannot be written: {error.strerror}.") from None
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="profiling", daemon=True)
        self._watcher.start()

    @property
    def ended(self) -> bool:
        """Whether nothing is recorded any more."""
        return not self._watcher.is_alive()

    def share(self) -> float:
        """How much of both sides' steps is done, from 0 to 1."""
        done = sum(_steps(self._draft / f"{side}.steps") for side in FRAMEWORKS)
        return min(done / (self.request.steps * BLOCKS * len(FRAMEWORKS)), 1.0)

    def stop(self) -> None:
        """End the side that is under way; nothing of it stays."""
        self._stopping.set()
        self._watcher.join()

    def wait(self) -> None:
        """Until it has ended. Raises ProfileError where it has no result."""
        self._watcher.join()
        if self.trouble:
            raise ProfileError(self.trouble)

    def _watch(self) -> None:
        try:
            for side in FRAMEWORKS:
                if not self.trouble:
                    self._one(side)
            if not self.trouble:
                for side in FRAMEWORKS:
                    (self._draft / f"{side}.log").unlink()
                    (self._draft / f"{side}.steps").unlink(missing_ok=True)
                shutil.rmtree(self.folder, ignore_errors=True)
                self._draft.rename(self.folder)
        except OSError as error:
            self.trouble = f"The result could not be written: {error.strerror}."
        shutil.rmtree(self._draft, ignore_errors=True)

    def _one(self, side: str) -> None:
        """Record one side, to its end or until there is trouble."""
        process = self._start(side)
        begun = looked = time.monotonic()
        while not self.trouble and process.poll() is None:
            now = time.monotonic()
            if self._stopping.wait(POLL_SECONDS):
                self.trouble = "The profile was stopped."
            elif now - begun > LIMIT_SECONDS:
                self.trouble = f"{side} took over {LIMIT_SECONDS:.0f} s and was ended; ask for fewer steps."
            elif now - looked > BUSY_SECONDS:
                looked, busy = now, _busy(self._store)
                self.trouble = f"{busy}, so the profile was ended; profile again later." if busy else ""
        if process.poll() is None:
            system.kill(process.pid)
        if process.wait() and not self.trouble:
            log = (self._draft / f"{side}.log").read_text(encoding="utf-8", errors="replace")
            why = log.strip().splitlines()
            self.trouble = f"{side} could not be profiled: {why[-1].rstrip('.') if why else 'it said nothing'}."

    def _start(self, side: str) -> subprocess.Popen[bytes]:
        config = self.request.config
        environment = with_home(settings(config.threads, getattr(config.device, side)))
        with (self._draft / f"{side}.log").open("wb") as log:
            command = [sys.executable, "-m", "engine.profile_operators", side, str(self._draft)]
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            return system.start(command, environment, **streams)


def _steps(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0


def _busy(store: Store) -> str:
    """What else has the machine now, as the beginning of a sentence; empty if nothing has."""
    if run := timed.training(store):
        return f"The run {run} trains"
    if name := timed.measured(store):
        return f"The benchmark {name} is measured"
    return ""
