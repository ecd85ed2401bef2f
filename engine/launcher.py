"""Starts, watches and ends workers: the queue, warm workers, and what became of those that died.

A run with a config and no word from a launcher is queued. Whoever holds the store's lock launches it; any other
process on the store only looks on. All that the launcher knows is in the store, so a new one goes on where an old
one was killed.
"""

import json
import threading
import time

from engine import control, events, system
from engine.config import RunConfig
from engine.control import Command
from engine.logs import LogError, size_of
from engine.runs import SideStatus, Store, StoreError
from engine.workers import Workers

POLL_SECONDS = 0.1
STOP_SECONDS = 0.2  # a side that is still importing or compiling is killed this long after stop
PATIENCE_SECONDS = 20.0  # any other side gets this long to finish its step


class Launcher:
    """One per process. `adopt` also takes runs that others queued or left behind in the store."""

    def __init__(self, store: Store, runs_at_once: int = 1, warm: bool = True, adopt: bool = True):
        self.store = store
        self.trouble = ""  # one sentence about what went wrong last; empty when nothing is wrong
        self._runs_at_once, self._adopt = runs_at_once, adopt
        self._workers = Workers(store.root, warm)
        self._lock = system.Lock(store.root / ".lock")
        self._leads = False
        self._submitted: list[str] = []
        self._open: list[str] = []  # runs that have not ended, oldest first
        self._seen: set[str] = set()
        self._root_stamp = 0
        self._wake, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._loop, name="launcher", daemon=True)

    # What the outside asks

    def open(self) -> None:
        """Begin to launch, or to look on until the store's lock is free. Raises StoreError for an unusable store."""
        try:
            self.store.root.mkdir(parents=True, exist_ok=True)
            self._leads = self._lock.acquire()
        except OSError as error:
            raise StoreError(f"The store {self.store.root} cannot be used: {error.strerror}.") from None
        self._thread.start()

    @property
    def leads(self) -> bool:
        """Whether this process launches runs; False while it only looks on."""
        return self._leads

    def holder(self) -> str:
        """Which process leads, in words."""
        try:
            record = json.loads((self.store.root / ".lock").read_text())
            return f"process {record['pid']} on {record['host']}"
        except (OSError, ValueError):
            return "another process"

    def submit(self, config: RunConfig) -> str:
        """Queue a new run and return its id. Raises StoreError where the store cannot be written."""
        run = self.store.create(config)
        self._submitted.append(run)
        self._wake.set()
        return run

    def pause(self, run: str) -> None:
        """Have every side wait after its present steps."""
        self._command(run, Command(paused=True))

    def step(self, run: str) -> None:
        """Let a paused run do one step: each side goes to the first step that neither has done."""
        target = max(status.step for status in self.store.status(run).values()) + 1
        self._command(run, Command(paused=True, step_target=target))

    def resume(self, run: str) -> None:
        """Let a paused run go on, and queue its stopped and interrupted sides again, from their checkpoints."""
        self._command(run, control.FREE)
        for side, status in self.store.status(run).items():
            if status.word in ("stopped", "interrupted"):
                self.store.append(run, events.Requeued(side, time.time()))
        self._seen.discard(run)
        self._submitted.append(run)
        self._wake.set()

    def stop(self, run: str) -> None:
        """End every side; what it recorded stays."""
        self._command(run, Command(stop=True))
        self._wake.set()

    def close(self) -> None:
        """Stop launching and give the lock back. Workers that train go on; idle ones end."""
        self._closing.set()
        self._wake.set()
        self._thread.join()
        self._workers.close()
        self._lock.release()

    def _command(self, run: str, command: Command) -> None:
        try:
            control.write(self.store.folder(run), command)
        except OSError as error:
            raise StoreError(f"The command could not be written to the run's folder: {error.strerror}.") from None

    # What its thread does

    def _loop(self) -> None:
        while not self._closing.is_set():
            try:
                self._leads = self._leads or self._lock.acquire()
                if self._leads:
                    self.pass_once()
                self.trouble = ""
            except (StoreError, LogError, OSError) as error:
                self.trouble = f"The launcher waits, because the store has a problem: {error}"
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()

    def pass_once(self) -> None:
        """One look at everything: what is new, what ended, what is to be stopped, what can start."""
        self._scan()
        statuses = {run: self.store.status(run) for run in self._open}
        for run, sides in statuses.items():
            for side, status in sides.items():
                self._settle(run, side, status)
        statuses = {run: self.store.status(run) for run in self._open}
        self._open = [run for run, sides in statuses.items() if not all(side.ended for side in sides.values())]
        active = [run for run in self._open if any(side.active for side in statuses[run].values())]
        for run in self._open:
            if run in active or len(active) < self._runs_at_once:
                active += [] if run in active else [run]
                self._start(run, statuses[run])
        if not self._open:
            self._workers.warm_up()

    def _scan(self) -> None:
        """Find runs that this process has not looked at yet: its own, and those that others put into the store."""
        new, self._submitted = self._submitted, []
        if self._adopt and (stamp := self.store.root.stat().st_mtime_ns) != self._root_stamp:
            self._root_stamp = stamp
            new += [run for run in reversed(self.store.runs()) if run not in self._seen]
        self._seen.update(new)
        self._open += [run for run in dict.fromkeys(new) if run not in self._open]

    def _settle(self, run: str, side: str, status: SideStatus) -> None:
        """Write down the end of a side that cannot say so itself."""
        word = self.store.launcher_words(run).get(side)
        if status.word == "interrupted" and not isinstance(word, events.Lost):
            self.store.append(run, events.Lost(side, self._workers.cause(word), time.time()))
        wish = control.read(self.store.folder(run))
        if not wish.stop or status.ended:
            return
        if status.word == "queued":
            self.store.append(run, events.Cancelled(side, "Stopped before it began.", time.time()))
        elif isinstance(word, events.Launched) and self._overdue(run, status):
            system.kill(word.pid)
            self.store.append(run, events.Cancelled(side, f"Stopped while {status.word}.", time.time()))

    def _overdue(self, run: str, status: SideStatus) -> bool:
        asked = (self.store.folder(run) / "control.json").stat().st_mtime
        grace = STOP_SECONDS if status.word in ("starting", "preparing") else PATIENCE_SECONDS
        return time.time() - asked > grace

    def _start(self, run: str, statuses: dict[str, SideStatus]) -> None:
        """Launch the run's queued sides: all at once in a race, one after the other in turn."""
        config = self.store.config(run)
        for side, status in statuses.items():
            if status.word == "queued":
                self._launch(run, side, config)
            if config.concurrency == "in_turn" and not status.ended:
                return

    def _launch(self, run: str, side: str, config: RunConfig) -> None:
        log_size = size_of(self.store.log(run, side))
        worker = self._workers.take(side, config, run)
        launched = events.Launched(
            side, worker.pid, worker.process_start, system.HOST, worker.warm, log_size, time.time()
        )
        try:
            self.store.append(run, launched)
        except LogError:
            system.kill(worker.pid)
            raise
        self._workers.send(worker, run)
