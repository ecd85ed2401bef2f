"""Both sides of a config examined: each trains in a process of its own, and what they recorded is kept in the store.

A result is `examinations/<digest>/<kind>/`: request.json and one .npz per framework. It appears whole or not at all.
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
from typing import Any, Literal

from engine import benchmark, checkpoints, system
from engine.config import FRAMEWORKS, RunConfig, refused
from engine.runs import Store, StoreError
from engine.workers import settings, with_home

Kind = Literal["parity", "microscope"]

MOST_STEPS = {"parity": 1000, "microscope": 200}
LIMIT_SECONDS = 900.0
POLL_SECONDS = 0.1
TIMED_SECONDS = 1.0  # between two looks for a run whose timings count
NEWEST = 50  # runs among which such a one is looked for
SCHEMA = 1
TIMED = "{}, and its speed counts, so the examination was ended; start it again later."


class ExaminationError(StoreError):
    """An examination that cannot be done or read; the message is one sentence for a person."""


@dataclass(frozen=True)
class Request:
    """What is to be examined: `run` is one of the store from whose last checkpoints both sides go on, or empty."""

    kind: Kind
    config: RunConfig
    steps: int
    run: str = ""

    @classmethod
    def build(cls, kind: Kind, config: RunConfig, steps: int, run: str = "") -> "Request":
        """A request that can be carried out. Raises ConfigError."""
        if config.policy != "matched":
            raise refused("policy", config.policy, "matched: with each framework's own defaults both sides differ")
        if not 1 <= steps <= MOST_STEPS[kind]:
            raise refused("steps", steps, f"a whole number, at least 1 and at most {MOST_STEPS[kind]:,}")
        config = RunConfig.build(config.model_dump() | {"frameworks": FRAMEWORKS})
        if kind == "parity" and config.device.torch == "mps":
            raise refused("device.torch", "mps", "cpu or cuda:0: mps has no float64")
        return cls(kind, config, steps, run)

    def jobs(self) -> list[dict[str, Any]]:
        """The trainings of each side, as engine.lockstep.Job takes them, each once more from a perturbed start."""
        if self.kind == "microscope":
            return self._pair(self.config.precision, layers=True)
        return [*self._pair("float64"), *self._pair("float32", signs=True)]

    def _pair(self, precision: str, layers: bool = False, signs: bool = False) -> list[dict[str, Any]]:
        config = self.config.model_dump(mode="json") | {"precision": precision, "histograms": False}
        job = {"name": precision, "config": config, "steps": self.steps, "layers": layers}
        perturbed = job | {"name": f"{precision}-perturbed", "perturbed": True}
        return [job | {"signs": signs}, perturbed]

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""
        unimportant = {"frameworks", "concurrency", "histograms", "early_stopping_patience"}
        if self.kind == "parity":
            unimportant.add("precision")
        known = json.dumps(self.config.model_dump(mode="json", exclude=unimportant), sort_keys=True) + self.run
        return store.root / "examinations" / hashlib.sha256(known.encode()).hexdigest()[:16] / self.kind


class Examination:
    """One examination under way. `trouble` is one sentence once it has ended without a result."""

    def __init__(self, store: Store, request: Request):
        """Start both sides. Raises ExaminationError where that cannot be now."""
        self.request, self.folder = request, request.folder(store)
        self.trouble = ""
        self._store = store
        _refuse_while_timed(store)
        resume = _checkpoints(store, request.run) if request.run else ""
        self._draft = self.folder.with_name(f".{request.kind}.{time.time_ns()}")
        asked = {"schema": SCHEMA, "kind": request.kind, "steps": request.steps, "run": request.run, "resume": resume}
        try:
            self._draft.mkdir(parents=True)
            text = json.dumps(asked | {"jobs": request.jobs(), "time": time.time()})
            system.write_whole(self._draft / "request.json", text)
            self._processes = {side: self._start(side) for side in FRAMEWORKS}
        except OSError as error:
            raise ExaminationError(f"The store {store.root} cannot be written: {error.strerror}.") from None
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="examination", daemon=True)
        self._watcher.start()

    def _start(self, side: str) -> subprocess.Popen[bytes]:
        config = self.request.config
        environment = with_home(settings(config.threads, getattr(config.device, side)))
        with (self._draft / f"{side}.log").open("wb") as log:
            command = [sys.executable, "-m", "engine.examine", side, str(self._draft)]
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            return system.start(command, environment, **streams)

    @property
    def ended(self) -> bool:
        """Whether nothing trains any more."""
        return not self._watcher.is_alive()

    def share(self) -> float:
        """How much of the slower side's steps is done, from 0 to 1."""
        total = self.request.steps * len(self.request.jobs())
        return min(min(_steps(self._draft / f"{side}.steps") for side in FRAMEWORKS) / total, 1.0)

    def stop(self) -> None:
        """End both sides; nothing of it stays."""
        self._stopping.set()
        self._watcher.join()

    def wait(self) -> None:
        """Until it has ended. Raises ExaminationError where it has no result."""
        self._watcher.join()
        if self.trouble:
            raise ExaminationError(self.trouble)

    def _watch(self) -> None:
        begun = looked = time.monotonic()
        while not self.trouble and any(process.poll() is None for process in self._processes.values()):
            now = time.monotonic()
            if self._stopping.wait(POLL_SECONDS):
                self.trouble = "The examination was stopped."
            elif now - begun > LIMIT_SECONDS:
                self.trouble = f"The examination took over {LIMIT_SECONDS:.0f} s and was ended; ask for fewer steps."
            elif now - looked > TIMED_SECONDS:
                looked = now
                self.trouble = TIMED.format(timed) if (timed := _timed(self._store)) else ""
            self.trouble = self.trouble or self._failure()
        for process in self._processes.values():
            if process.poll() is None:
                system.kill(process.pid)
                process.wait()
        self.trouble = self.trouble or self._failure()
        try:
            if not self.trouble:
                for side in FRAMEWORKS:
                    (self._draft / f"{side}.log").unlink()
                    (self._draft / f"{side}.steps").unlink(missing_ok=True)
                shutil.rmtree(self.folder, ignore_errors=True)
                self._draft.rename(self.folder)
        except OSError as error:
            self.trouble = f"The result could not be written: {error.strerror}."
        shutil.rmtree(self._draft, ignore_errors=True)

    def _failure(self) -> str:
        for side, process in self._processes.items():
            if process.poll():
                why = (self._draft / f"{side}.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
                return f"{side} could not be examined: {why[-1].rstrip('.') if why else 'it said nothing'}."
        return ""


def _steps(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0


def _checkpoints(store: Store, run: str) -> str:
    """The run's folder, where both sides have a checkpoint after the same step. Raises ExaminationError."""
    folder = store.folder(run)
    found = [sorted(path.name for path in (folder / side).glob(checkpoints.PATTERN))[-1:] for side in FRAMEWORKS]
    if not all(found) or found[0] != found[1]:
        raise ExaminationError(f"The sides of {run} have no checkpoint after the same step to go on from.")
    return str(folder.resolve())


def _timed(store: Store) -> str:
    """What is timed now, in words: a benchmark, or a run that trains in turn; empty if there is nothing."""
    for name in benchmark.benchmarks(store)[:NEWEST]:
        if benchmark.last_word(store, name) == "running":
            return f"The benchmark {name} is measured"
    for run in store.runs()[:NEWEST]:
        try:
            config = store.config(run)
            if config.concurrency == "in_turn" and any(status.active for status in store.status(run).values()):
                return f"The run {run} trains in turn"
        except StoreError:  # damaged, or deleted just now
            continue
    return ""


def _refuse_while_timed(store: Store) -> None:
    if timed := _timed(store):
        raise ExaminationError(f"{timed}, and its speed counts; examine when it has ended.")
