"""What both sides of a request do in processes of their own, to a result that appears whole or not at all.

The result is a folder: request.json and what the processes wrote. Until it is whole it is a draft in `drafts/`.
"""

import contextlib
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from engine import system
from engine.config import FRAMEWORKS, NAMES, RunConfig
from engine.runs import Store, StoreError
from engine.workers import settings, with_home

LIMIT_SECONDS = 900.0
POLL_SECONDS = 0.1
LOOK_SECONDS = 1.0  # between two looks for what hinders it


class TaskError(StoreError):
    """A task that cannot be done, or whose result cannot be read; the message is one sentence for a person."""


@dataclass(frozen=True)
class Kind:
    """How a task is done: `python -m PROGRAM FRAMEWORK DRAFT` for each side, both together or one after the other.

    `hindrance` says what in the store forbids it now, as the beginning of a sentence; empty if nothing does.
    """

    name: str  # a noun: "The examination was stopped."
    done: str  # a participle: "PyTorch could not be examined."
    program: str
    together: bool
    hindrance: Callable[[Store], str]


class Request(Protocol):
    """What a task is asked for: so many steps of a config, and what kind of look at them."""

    @property
    def config(self) -> RunConfig: ...
    @property
    def steps(self) -> int: ...
    @property
    def kind(self) -> str: ...

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""

    def begin(self, store: Store) -> "Task":
        """Start it. Raises TaskError where that cannot be now."""


class Task:
    """One task under way. `trouble` is one sentence once it has ended without a result."""

    def __init__(self, store: Store, kind: Kind, request: Request, asked: dict[str, Any], steps: int):
        """Start it: `asked` is what the processes read, `steps` how many each has to do. Raises TaskError."""
        self.request, self.folder = request, request.folder(store)
        self.trouble = ""
        self._store, self._kind, self._each = store, kind, steps
        if hindrance := kind.hindrance(store):
            raise TaskError(f"{hindrance}; start the {kind.name} when that has ended.")
        self._draft = store.root / "drafts" / f"{kind.name}.{time.time_ns()}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        try:
            _sweep(self._draft.parent)
            self._draft.mkdir(parents=True)
            system.write_whole(self._draft / "request.json", json.dumps(asked | {"time": time.time()}))
        except OSError as error:
            raise TaskError(f"The store {store.root} cannot be written: {error.strerror}.") from None
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name=kind.name, daemon=True)
        self._watcher.start()

    @property
    def draft(self) -> Path:
        """Where its processes write while it is under way; gone once it has ended."""
        return self._draft

    @property
    def ended(self) -> bool:
        """Whether nothing of it goes on any more."""
        return not self._watcher.is_alive()

    def share(self) -> float:
        """How much is done, from 0 to 1: of the slower side, or of both where one follows the other."""
        done = [min(_steps(self._draft / f"{side}.steps") / self._each, 1.0) for side in FRAMEWORKS]
        return min(done) if self._kind.together else sum(done) / len(done)

    def stop(self) -> None:
        """End it; nothing of it stays."""
        self._stopping.set()
        self._watcher.join()

    def wait(self) -> None:
        """Until it has ended. Raises TaskError where it has no result."""
        self._watcher.join()
        if self.trouble:
            raise TaskError(self.trouble)

    def _watch(self) -> None:
        trouble = f"The {self._kind.name} met an error of its own, which the output of this program names."
        try:
            trouble = self._carried_out() or self._kept()
        except (StoreError, OSError) as error:
            trouble = f"The {self._kind.name} cannot go on, because of the store: {str(error).rstrip('.')}."
        finally:
            for process in self._processes.values():
                if process.poll() is None:
                    system.kill(process.pid)
                    process.wait()
            shutil.rmtree(self._draft, ignore_errors=True)
            self.trouble = trouble

    def _carried_out(self) -> str:
        """Start the sides and look on until they have ended; one sentence where they are to be ended before."""
        for sides in [FRAMEWORKS] if self._kind.together else [(side,) for side in FRAMEWORKS]:
            for side in sides:
                self._processes[side] = self._started(side)
            if trouble := self._looked_on() or self._failure():
                return trouble
        return ""

    def _started(self, side: str) -> subprocess.Popen[bytes]:
        config = self.request.config
        environment = with_home(settings(config.threads, getattr(config.device, side)))
        with (self._draft / f"{side}.log").open("wb") as log:
            command = [sys.executable, "-m", self._kind.program, side, str(self._draft)]
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            return system.start(command, environment, **streams)

    def _looked_on(self) -> str:
        begun = looked = time.monotonic()
        while any(process.poll() is None for process in self._processes.values()):
            now = time.monotonic()
            if self._stopping.wait(POLL_SECONDS):
                return f"The {self._kind.name} was stopped."
            if now - begun > LIMIT_SECONDS:
                return f"The {self._kind.name} took over {LIMIT_SECONDS:.0f} s and was ended; ask for fewer steps."
            if now - looked > LOOK_SECONDS:
                looked = now
                if hindrance := self._kind.hindrance(self._store):
                    return f"{hindrance}, so the {self._kind.name} was ended; start it again later."
            if failure := self._failure():
                return failure
        return ""

    def _failure(self) -> str:
        for side, process in self._processes.items():
            if process.poll():
                why = (self._draft / f"{side}.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
                said = why[-1].rstrip(".") if why else "it said nothing"
                return f"{NAMES[side]} could not be {self._kind.done}: {said}."
        return ""

    def _kept(self) -> str:
        """Put the result in its place; one sentence where that cannot be."""
        try:
            for side in FRAMEWORKS:
                (self._draft / f"{side}.log").unlink()
                (self._draft / f"{side}.steps").unlink(missing_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self._draft.rename(self.folder)
        except OSError as error:
            return f"The result could not be written: {error.strerror}."
        return ""


def _steps(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0


def _sweep(drafts: Path) -> None:
    """Remove what tasks left behind whose program was killed: none lasts so long without a write to its draft."""
    for draft in drafts.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - draft.stat().st_mtime > LIMIT_SECONDS:
                shutil.rmtree(draft, ignore_errors=True)
