"""The server of an exported file as whoever started it sees it: its process, its port, and what a load measured."""

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from engine import system
from engine.examinations.examination import EXAMINATION
from engine.exports.results import ExportError, read
from engine.runs import Store, StoreError
from engine.workers import settings, with_home

LOOK_SECONDS = 1.0  # between two looks for what has the machine


class Served:
    """One server under way. `address` is empty until it answers."""

    def __init__(self, store: Store, run: str, side: str, name: str):
        """Start its process. Raises ExportError where there is no such file, or where it cannot be served now."""
        result = read(store, run, side, name)
        if not result or result.state == "failed" or not result.format.served:
            raise ExportError("There is no file of this format to serve; export it first.")
        self.run, self.side, self.format = run, side, result.format
        self._store = store
        if hindrance := EXAMINATION.hindrance(store):
            raise ExportError(f"{hindrance}; serve the file when that has ended.")
        self._place = store.root / "drafts" / f"served.{time.time_ns()}"
        try:
            self._place.mkdir(parents=True)
            folder = str(result.path.parent.resolve())
            self._server = self._started("server", side, name, folder, str(self._place.resolve()))
        except OSError as error:
            raise ExportError(f"The store {store.root} cannot be written: {error.strerror}.") from None
        self._load: subprocess.Popen[bytes] | None = None
        self._found: dict[str, Any] | None = None
        self._port = ""
        self.stopped = False
        self._hindrance = ""  # why it was ended, where something else got the machine
        self._stopping = threading.Event()
        threading.Thread(target=self._watch, name="served", daemon=True).start()

    @property
    def address(self) -> str:
        """http://127.0.0.1:PORT."""
        if not self._port:
            self._port = _text(self._place / "port")
        return f"http://127.0.0.1:{self._port}" if self._port else ""

    @property
    def ended(self) -> bool:
        """Whether its process is gone: stopped, idle for long, or in error."""
        return self._server.poll() is not None

    @property
    def curl(self) -> str:
        """One line for a shell: an example of the run's own rows is asked for, and sent back to be answered."""
        post = f"curl -s {self.address}/predict -H 'Content-Type: application/json' --data-binary @-"
        return f"curl -s {self.address}/example | {post}"

    @property
    def trouble(self) -> str:
        """Why it ended, where it was not stopped; empty while it goes on."""
        if self._hindrance or self.stopped or not self.ended:
            return self._hindrance
        if self._server.returncode == 0:
            return "The server ended by itself, because nobody asked it for a while."
        lines = _text(self._place / "server.log").strip().splitlines()
        return f"The server ended: {lines[-1] if lines else f'exit code {self._server.returncode}'}"

    def measure(self) -> None:
        """Start a bounded load, in a process of its own. Raises ExportError where that cannot be now."""
        if self.ended:
            raise ExportError(self.trouble or "The server was stopped.")
        if hindrance := EXAMINATION.hindrance(self._store):
            raise ExportError(f"{hindrance}; measure when that has ended.")
        self._found = None
        (self._place / "load.json").unlink(missing_ok=True)
        self._load = self._started("load", self._port, str(self._place.resolve() / "load.json"))

    @property
    def loading(self) -> bool:
        """Whether a load goes on."""
        return self._load is not None and self._load.poll() is None

    @property
    def measured(self) -> dict[str, Any] | None:
        """What the last load found, as engine.exports.load writes it; None before."""
        if not self._found and (text := _text(self._place / "load.json")):
            self._found = json.loads(text)
        return self._found

    def stop(self) -> None:
        """End the server, and a load with it."""
        self.stopped = True
        self._end()

    def _end(self) -> None:
        self._stopping.set()
        for process in filter(None, (self._load, self._server)):
            if process.poll() is None:
                system.kill(process.pid)
                process.wait()
        shutil.rmtree(self._place, ignore_errors=True)

    def _watch(self) -> None:
        """End both where something has the machine to itself: whoever asks the server would take of it."""
        while not self.ended and not self._stopping.wait(LOOK_SECONDS):
            try:
                hindrance = EXAMINATION.hindrance(self._store)
            except (StoreError, OSError):  # it may be gone at the next look
                continue
            if hindrance:
                self._hindrance = f"{hindrance}, so the server was ended; start it again later."
                self._end()

    def _started(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"engine.exports.{program}", *arguments]
        with (self._place / f"{program}.log").open("wb") as log:
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            return system.start(command, with_home(settings(1, "cpu")), **streams)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
