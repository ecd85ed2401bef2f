"""Exports under way: for each format one process that writes and one that checks, one after the other."""

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from engine import system
from engine.config import NAMES
from engine.examinations.examination import EXAMINATION
from engine.exports import mobile
from engine.exports.catalogue import EXECUTORCH, EXPORTED, FORMATS
from engine.exports.results import ExportError, folder
from engine.runs import Store, StoreError
from engine.store import checkpoints
from engine.workers import settings, with_home

LIMIT_SECONDS = 300.0  # of one process
POLL_SECONDS = 0.1
LOOK_SECONDS = 1.0  # between two looks for what has the machine
PARTS = ("written", "converted", "checked")  # what the processes leave, each over what is before it
STEPS = {"write": "writing", "convert": "converting", "check": "checking"}


class Exports:
    """Exports of one run, one after the other. `now` is the side and format under way, `step` a word of STEPS.

    `trouble` is one sentence once they have ended before their end.
    """

    def __init__(self, store: Store, run: str, wanted: Iterable[tuple[str, str]]):
        """Start. Raises ExportError where a side has not finished, or where something else has the machine."""
        self.run, self.waiting = run, list(wanted)
        self.now: tuple[str, str] | None = None
        self.step = self.trouble = ""
        self._store = store
        if hindrance := EXAMINATION.hindrance(store):
            raise ExportError(f"{hindrance}; export when that has ended.")
        for side, name in self.waiting:
            checkpoint(store, run, side)
            if missing := FORMATS[name].missing(side):
                raise ExportError(missing)
        self._stopping, self._why = threading.Event(), ""
        self._watcher = threading.Thread(target=self._all, name="exports", daemon=True)
        self._watcher.start()

    @property
    def ended(self) -> bool:
        """Whether nothing of it goes on any more."""
        return not self._watcher.is_alive()

    def stop(self) -> None:
        """End it; of the export under way nothing stays."""
        self._end("The export was stopped.")
        self._watcher.join()

    def wait(self) -> None:
        """Until all have ended. Raises ExportError where they could not go on."""
        self._watcher.join()
        if self.trouble:
            raise ExportError(self.trouble)

    def _end(self, why: str) -> None:
        self._why = self._why or why
        self._stopping.set()

    def _goes_on(self) -> bool:
        """Whether nobody ended it; what has the machine to itself meanwhile does."""
        if hindrance := EXAMINATION.hindrance(self._store):
            self._end(f"{hindrance}, so the export was ended; export again later.")
        return not self._stopping.is_set()

    def _all(self) -> None:
        self.trouble = "The export met an error of its own, which the output of this program names."
        trouble = ""
        try:
            while self.waiting and self._goes_on():
                self.now = self.waiting.pop(0)
                self._one(*self.now)
        except (StoreError, OSError) as error:
            trouble = f"The export cannot go on, because of the store: {str(error).rstrip('.')}."
        finally:
            self.now, self.waiting = None, []
        self.trouble = self._why or trouble

    def _one(self, side: str, name: str) -> None:
        draft = self._store.root / "drafts" / f"export.{time.time_ns()}"
        draft.mkdir(parents=True)
        try:
            weights = str(checkpoint(self._store, self.run, side).resolve())
            config = self._store.config(self.run).model_dump(mode="json")
            asked = {"format": name, "checkpoint": weights, "config": config}
            system.write_whole(draft / "request.json", json.dumps(asked))
            steps = [step for step in STEPS if step != "convert" or side in FORMATS[name].converters]
            message = next(filter(None, (self._process_of(step, side, draft) for step in steps)), "")
            if not self._stopping.is_set():
                self._keep(side, name, draft, message)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _process_of(self, step: str, side: str, draft: Path) -> str:
        """Run one process to its end; why it failed, empty where it did not."""
        self.step = STEPS[step]
        log = draft / f"{step}.log"
        command = [_python(step, self.now), "-m", f"engine.exports.{step}", side, str(draft)]
        with log.open("wb") as said:
            streams = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": said}
            process = system.start(command, with_home(settings(1, "cpu")), **streams)
        begun = looked = time.monotonic()
        try:
            while process.poll() is None:
                if self._stopping.wait(POLL_SECONDS):
                    return "It was stopped."
                if time.monotonic() - looked > LOOK_SECONDS:
                    looked = time.monotonic()
                    self._goes_on()
                if time.monotonic() - begun > LIMIT_SECONDS:
                    return f"The {step} process took over {LIMIT_SECONDS:.0f} s and was ended."
        finally:
            if process.poll() is None:
                system.kill(process.pid)
                process.wait()
        return _why(step, process.returncode, draft, log) if process.returncode else ""

    def _keep(self, side: str, name: str, draft: Path, message: str) -> None:
        """Put the result in its place: the file and what was found, or only why there is none."""
        told: dict = {"time": time.time(), "host": system.HOST}
        if message:
            for path in (draft / FORMATS[name].file, draft / EXPORTED, draft / "outputs.npz"):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        else:
            for part in (draft / f"{name}.json" for name in PARTS):
                told |= json.loads(part.read_text(encoding="utf-8")) if part.exists() else {}
            told["bytes"] = size(draft / FORMATS[name].file)
        told["packages"] = {one: metadata.version(_package(one)) for one in FORMATS[name].needs[side]}
        system.write_whole(draft / "result.json", json.dumps({"message": message, "told": told}))
        for left in ("request.json", *(f"{part}.json" for part in PARTS), "error.json", "reference.npz"):
            (draft / left).unlink(missing_ok=True)
        place = folder(self._store, self.run, side, name)
        place.parent.mkdir(exist_ok=True)
        shutil.rmtree(place, ignore_errors=True)
        draft.rename(place)


def checkpoint(store: Store, run: str, side: str) -> Path:
    """The file with a finished side's weights: its last checkpoint. Raises ExportError and RunNotFound."""
    status = store.status(run).get(side)
    if status is None or status.word != "finished":
        raise ExportError(f"{NAMES[side]} has not finished in the run {run}, so it cannot be exported.")
    files = sorted((store.folder(run) / side).glob(checkpoints.PATTERN))
    if not files:
        raise ExportError(f"{NAMES[side]} has no checkpoint in the run {run}, so its weights are gone.")
    return files[-1]


def _python(step: str, now: tuple[str, str] | None) -> str:
    """Which environment's Python does a step: that of the converters converts, and runs what only it can run."""
    runtime = FORMATS[now[1]].runtime if now else ""
    apart = step == "convert" or (step == "check" and runtime == EXECUTORCH)
    return str(mobile.PYTHON) if apart else sys.executable


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    return sum(one.stat().st_size for one in (path.rglob("*") if path.is_dir() else [path]) if one.is_file())


def _package(module: str) -> str:
    return module.replace("_", "-")


def _why(step: str, code: int, draft: Path, log: Path) -> str:
    """The error in its own words; the last line of the output, or the signal, where there was none."""
    if (draft / "error.json").exists():
        error = json.loads((draft / "error.json").read_text(encoding="utf-8"))
        return f"{error['kind']}: {error['message']}"
    if code < 0:
        return f"The {step} process was ended by signal {-code}."
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else f"The {step} process ended with exit code {code}."
