"""Which benchmark is measured now: one at a time, and never beside a run."""

import contextlib
import json
import subprocess
import sys
import time

from engine import system
from engine.bench import benchmark
from engine.logs import whole_length
from engine.runs import Store, StoreError
from engine.tasks import timed
from engine.workers import with_home

LOOK_SECONDS = 1.0


class BenchQueue:
    """The benchmarks of one store; the launcher asks it at every pass."""

    def __init__(self, store: Store):
        self._store = store
        self._driver: subprocess.Popen[bytes] | None = None
        self._looked = 0.0
        self._ended: set[str] = set()
        self.mine: set[str] = set()  # those that this process asked for

    def busy(self) -> bool:
        """Whether a benchmark is being measured; one whose driver is gone is told to be interrupted."""
        if self._driver and self._driver.poll() is None:
            if time.monotonic() - self._looked > LOOK_SECONDS:  # rarely: it is timing
                self._looked = time.monotonic()
                self._waiting()
            return True
        self._driver = None
        return any(self._alive(name) for name in self._begun())

    def start_next(self, runs: list[str], adopt: bool = True) -> bool:
        """Start the oldest benchmark that waits, unless a run that waits too was made before it.

        Without `adopt`, only those that this process asked for.
        """
        waiting = [name for name in self._waiting() if adopt or name in self.mine]
        if not waiting:
            return False
        oldest = min(waiting, key=self._made)
        if any(self._store.made(run) < self._made(oldest) for run in runs):
            return False
        if not adopt and timed.training(self._store):  # of another process; who adopts knows those runs anyway
            return False
        folder = benchmark.folder(self._store, oldest)
        with (folder / "driver.log").open("ab") as log:
            command = [sys.executable, "-m", "engine.bench.driver", str(folder.resolve())]
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            self._driver = system.start(command, with_home({}), **streams)
        pid = self._driver.pid
        begun = {"pid": pid, "process_start": system.started_at(pid) or 0.0, "host": system.HOST}
        system.write_whole(folder / "driver.json", json.dumps(begun))
        return True

    def _names(self) -> list[str]:
        """Benchmarks that have not ended, as far as this process has seen."""
        names = [name for name in benchmark.benchmarks(self._store) if name not in self._ended]
        self._ended |= {name for name in names if benchmark.last_word(self._store, name) not in benchmark.UNDER_WAY}
        return [name for name in names if name not in self._ended]

    def _begun(self) -> list[str]:
        """Benchmarks that were given to a driver and have not ended."""
        return [name for name in self._names() if self._was_given(name)]

    def _waiting(self) -> list[str]:
        """Benchmarks that wait; one that is to stop is told so and waits no more."""
        waiting = [name for name in self._names() if not self._was_given(name)]
        stopped = [name for name in waiting if benchmark.asked_to_stop(self._store, name)]
        for name in stopped:
            self._tell(name, "stopped", "Stopped before it began.")
        return [name for name in waiting if name not in stopped]

    def _was_given(self, name: str) -> bool:
        return (self._store.root / benchmark.FOLDER / name / "driver.json").exists()

    def _alive(self, name: str) -> bool:
        if timed.driven(self._store, name):
            return True
        if benchmark.last_word(self._store, name) in benchmark.UNDER_WAY:  # it may have ended just now
            self._end_subjects(name)
            self._tell(name, "interrupted", "The process that measured ended unexpectedly; driver.log may say why.")
        return False

    def _end_subjects(self, name: str) -> None:
        """End what a dead driver left behind: it would measure, or compile, beside what comes next."""
        with contextlib.suppress(StoreError):
            for line in benchmark.lines(self._store, name):
                if "process_start" in line and system.is_alive(line["pid"], line["process_start"]):
                    system.kill(line["pid"])

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
