"""Which benchmark is measured now: one at a time, and never beside a run."""

import json
import subprocess
import sys
import time

from engine import benchmark, system
from engine.logs import whole_length
from engine.runs import Store, StoreError
from engine.workers import with_home


class BenchQueue:
    """The benchmarks of one store; the launcher asks it at every pass."""

    def __init__(self, store: Store):
        self._store = store
        self._driver: subprocess.Popen[bytes] | None = None
        self._ended: set[str] = set()
        self.mine: set[str] = set()  # those that this process asked for

    def busy(self) -> bool:
        """Whether a benchmark is being measured; one whose driver is gone is told to be interrupted."""
        if self._driver and self._driver.poll() is None:
            return True
        self._driver = None
        return any(self._alive(name) for name in self._begun())

    def start_next(self, runs: list[str], adopt: bool = True) -> bool:
        """Start the oldest benchmark that waits, unless a run that waits too was made before it.

        Without `adopt`, only those that this process asked for.
        """
        waiting = [name for name in self._names() if adopt or name in self.mine]
        if not waiting:
            return False
        oldest = min(waiting)
        if any(self._store.made(run) < self._made(oldest) for run in runs):
            return False
        folder = benchmark.folder(self._store, oldest)
        if benchmark.asked_to_stop(self._store, oldest):
            self._tell(oldest, "stopped", "Stopped before it began.")
            return False
        with (folder / "driver.log").open("ab") as log:
            command = [sys.executable, "-m", "engine.bench_driver", str(folder.resolve())]
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            self._driver = system.start(command, with_home({}), **streams)
        pid = self._driver.pid
        begun = {"pid": pid, "process_start": system.started_at(pid) or 0.0, "host": system.HOST}
        system.write_whole(folder / "driver.json", json.dumps(begun))
        return True

    def _names(self) -> list[str]:
        """Benchmarks that have not ended, as far as this process has seen."""
        names = [name for name in benchmark.benchmarks(self._store) if name not in self._ended]
        self._ended |= {name for name in names if benchmark.last_word(self._store, name) not in ("queued", "running")}
        return [name for name in names if name not in self._ended]

    def _begun(self) -> list[str]:
        """Benchmarks that were given to a driver and have not ended."""
        folder = self._store.root / benchmark.FOLDER
        return [name for name in self._names() if (folder / name / "driver.json").exists()]

    def _alive(self, name: str) -> bool:
        begun = json.loads((benchmark.folder(self._store, name) / "driver.json").read_text())
        if begun["host"] != system.HOST or system.is_alive(begun["pid"], begun["process_start"]):
            return True
        if benchmark.last_word(self._store, name) in ("queued", "running"):  # it may have ended just now
            self._tell(name, "interrupted", "The process that measured ended unexpectedly; driver.log may say why.")
        return False

    def _made(self, name: str) -> float:
        return (benchmark.folder(self._store, name) / "plan.json").stat().st_mtime

    def _tell(self, name: str, word: str, sentence: str) -> None:
        path = benchmark.folder(self._store, name) / "measurements.jsonl"
        line = json.dumps({"type": "ended", "word": word, "sentence": sentence, "time": time.time()})
        try:
            with path.open("ab") as file:
                file.truncate(whole_length(path))  # a half-written last line would hide this one
                file.write(line.encode() + b"\n")
        except OSError as error:
            raise StoreError(f"The benchmark {name} could not be written to: {error.strerror}.") from None
