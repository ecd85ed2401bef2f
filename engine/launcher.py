"""Starts, watches and ends workers: the queue, warm workers, and what became of those that died.

A run with a config and no word from a launcher is queued. Whoever holds the store's lock launches it; any other
process on the store only looks on. All that the launcher knows is in the store, so a new one goes on where an old
one was killed.
"""

import contextlib
import json
import queue
import threading
import time
import traceback
from collections.abc import Iterator, Mapping

from engine import control, events, system
from engine.bench import benchmark
from engine.bench.plan import Plan
from engine.bench.queued import BenchQueue
from engine.cluster import place
from engine.config import RunConfig
from engine.control import Command
from engine.logs import whole_length
from engine.networks import own
from engine.runs import RunNotFound, SideStatus, Store, StoreError
from engine.store import labels, trash
from engine.workers import Workers

POLL_SECONDS = 0.1
STOP_SECONDS = 0.2  # a side that is still importing or compiling is killed this long after stop
PATIENCE_SECONDS = 20.0  # any other side gets this long to finish its step
CLUSTER_RUNS = 32  # at once elsewhere: each side has a courier here, a process; nodes give slots in turn
CLEAN_SECONDS = 600.0
RETRY_SECONDS = 2.0  # a run whose folder has a problem is left alone this long: each try to start it costs a process


class Launcher:
    """One per process. `adopt` also takes runs that others queued or left behind in the store."""

    def __init__(self, store: Store, runs_at_once: int = 1, warm: bool = True, adopt: bool = True):
        self.store = store
        self.trouble = ""  # one sentence about what went wrong last; empty when nothing is wrong
        self._runs_at_once, self._adopt = runs_at_once, adopt
        self._workers = Workers(store.root, warm)
        self._benchmarks = BenchQueue(store)
        self._lock = system.Lock(store.root / ".lock")
        self._leads = False
        self._submitted: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._failed: dict[str, tuple[float, str]] = {}  # runs that are left alone for now: since when, and why
        self._open: list[str] = []  # runs that have not ended, oldest first
        self._seen: set[str] = set()
        self._root_stamp = 0
        self._clean_at = 0.0  # when the trash is looked at next
        self._writing = threading.Lock()  # between reading what became of a run and writing down what follows
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
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"

    def submit(self, config: RunConfig, cluster: str = "") -> str:
        """Queue a new run, of the `cluster` at that address if one is given; returns its id.

        Raises StoreError where the store cannot be written.
        """
        with self._writing:  # so that runs are found in the order they are submitted
            run = self.store.create(config, cluster)
            self._submitted.put(run)
        self._wake.set()
        return run

    def take_up(self, run: str) -> None:
        """Launch a run that an earlier process put into the store, as if it had been submitted here."""
        self._submitted.put(run)
        self._wake.set()

    def measure(self, plan: Plan) -> str:
        """Queue a benchmark and return its id. Raises StoreError where the store cannot be written."""
        name = benchmark.create(self.store, plan)
        self._benchmarks.mine.add(name)
        self._wake.set()
        return name

    def pause(self, run: str) -> None:
        """Have every side wait after its present steps."""
        self._command(run, Command(paused=True))

    def step(self, run: str) -> None:
        """Let a paused run do one step more: each side goes to the first step that neither has done nor is to do."""
        asked = control.read(self.store.folder(run)).step_target
        done = (status.step for status in self.store.status(run).values() if not status.ended)
        self._command(run, Command(paused=True, step_target=max([asked, *done]) + 1))

    def resume(self, run: str) -> None:
        """Let a paused run go on, and queue its stopped and interrupted sides again, from their checkpoints.

        Raises StoreError where sides are to be queued and another process launches them.
        """
        self._command(run, control.FREE)
        with self._writing:
            over = [side for side, is_ in self.store.status(run).items() if is_.word in ("stopped", "interrupted")]
            if over and not self._leads:
                raise StoreError(f"The runs of this store are launched by {self.holder()}; resume the run there.")
            config = self.store.config(run)
            if over and config.own_network and (why := own.refusal(config.network, config.own_network.model_dump())):
                raise StoreError(why)
            for side in over:
                self.store.append(run, events.Requeued(side, time.time()))
        self._submitted.put(run)
        self._wake.set()

    def label(self, run: str, name: str, tags: tuple[str, ...], note: str) -> None:
        """Name the run, tag it and note something; surrounding space is left out, and so is a tag that is there.

        Raises StoreError where labels refuses one, or where another process writes for this store.
        """
        name, tags, note = labels.tidy(name, tags, note)
        if why := labels.refusal(name, tags, note):
            raise StoreError(why)
        with self._writing:
            if not self._leads:
                raise StoreError(f"The runs of this store are named by {self.holder()}; name the run there.")
            self.store.append(run, events.Labelled(name, tags, note, time.time()))

    def stop(self, run: str) -> None:
        """End every side; what it recorded stays."""
        self._command(run, control.STOP)
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
                self._leads = self._lock.acquire()
                if self._leads:
                    with self._writing:
                        self._pass()
                self.trouble = " ".join(why for _, why in self._failed.values())
            except (StoreError, OSError) as error:
                self.trouble = f"The launcher waits, because the store has a problem: {error}"
            except Exception as error:  # without this thread every run would wait for ever, and nobody would know why
                told = f"The launcher met an error and tries again: {type(error).__name__}: {error}"
                if told != self.trouble:  # an error that lasts is met ten times a second
                    traceback.print_exc()
                self.trouble = told
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()

    def _pass(self) -> None:
        """One look at everything: what is new, what ended, what is to be stopped, what can start."""
        self._scan()
        now = time.monotonic()
        if now >= self._clean_at:
            self._clean_at = now + CLEAN_SECONDS
            trash.empty(self.store, time.time() - trash.KEPT_SECONDS)
        self._failed = {run: told for run, told in self._failed.items() if now - told[0] < RETRY_SECONDS}
        settled = self._statuses()
        for run, sides in settled.items():
            for side, status in sides.items() if run not in self._failed else ():
                with self._excused(run):
                    self._settle(run, side, status)
        statuses = self._statuses()
        # One that ended just now is settled next time, before it is let go of.
        ended = {run for run in settled.keys() & statuses if _ended(settled[run]) and _ended(statuses[run])}
        self._open = [run for run in self._open if run not in ended or run in self._failed]
        waiting = [run for run in self._open if run in statuses]
        active = [run for run in waiting if any(side.active for side in statuses[run].values())]
        if self._benchmarks.busy():
            return  # it has the machine to itself
        if not active and self._benchmarks.start_next(waiting, self._adopt):
            self._workers.hush()
            return
        held: set[str] = set()  # where a run waits already, so that none that came later goes before it
        for run in waiting:
            if run in self._failed:
                continue
            with self._excused(run):
                where = self.store.cluster(run)
                if run not in active and (where in held or not self._may_join(run, where, active)):
                    held.add(where)
                    continue
                self._start(run, statuses[run])
                active += [] if run in active else [run]
        if not waiting:
            self._workers.warm_up()

    def _may_join(self, run: str, where: str, active: list[str]) -> bool:
        """Whether the run may start beside those that are active: one in turn has this machine to itself."""
        here = [one for one in active if not self.store.cluster(one)]
        if where:
            return len(active) - len(here) < CLUSTER_RUNS
        if not here:
            return True
        if len(here) >= self._runs_at_once:
            return False
        return all(self.store.config(one).concurrency == "race" for one in (run, *here))

    @contextlib.contextmanager
    def _excused(self, run: str) -> Iterator[None]:
        """One run whose folder has a problem keeps no other one waiting."""
        try:
            yield
        except (StoreError, OSError) as error:
            sentence = f"The run {run} waits, because its folder has a problem: {error}"
            self._failed[run] = (time.monotonic(), sentence)

    def _scan(self) -> None:
        """Find runs that this process has not looked at yet: its own, and those that others put into the store."""
        new = []
        while not self._submitted.empty():
            new.append(self._submitted.get())
        stamp = self.store.root.stat().st_mtime_ns
        # Another run may come within the same tick of the file system's clock, so a young stamp proves nothing.
        if self._adopt and (stamp != self._root_stamp or time.time_ns() - stamp < 10**9):
            self._root_stamp = stamp
            new += sorted((run for run in self.store.runs() if run not in self._seen), key=self.store.made)
        self._seen.update(new)
        self._open += [run for run in dict.fromkeys(new) if run not in self._open]

    def _statuses(self) -> dict[str, dict[str, SideStatus]]:
        """The sides of all open runs; one that cannot be read just now keeps no other one waiting."""
        found = {}
        for run in list(self._open):
            try:
                found[run] = self.store.status(run)
            except RunNotFound:
                self._open.remove(run)
            except StoreError:
                continue  # its page says what is wrong with it
        return found

    def _settle(self, run: str, side: str, status: SideStatus) -> None:
        """Write down the end of a side that cannot say so itself."""
        word = self.store.launcher_words(run).get(side)
        if status.word == "interrupted" and not isinstance(word, events.Lost):
            why = place.noted(self.store.folder(run) / side).get("why") or self._workers.cause(word)
            self.store.append(run, events.Lost(side, why, time.time()))
        wish = control.read(self.store.folder(run))
        if not wish.stop or status.ended:
            return
        if status.word == "queued":
            self.store.append(run, events.Cancelled(side, "Stopped before it began.", time.time()))
        elif isinstance(word, events.Launched) and self._overdue(run, status):
            if word.host == system.HOST:
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
        log_size, cluster = whole_length(self.store.log(run, side)), self.store.cluster(run)
        if not self._workers.ready(cluster):
            return  # it stays queued until the next look
        worker = self._workers.take(side, config, cluster)
        launched = events.Launched(
            side, worker.pid, worker.process_start, system.HOST, worker.warm, log_size, time.time()
        )
        try:
            self.store.append(run, launched)
        except StoreError:
            self._workers.give_back(worker)
            raise
        self._workers.send(worker, run)


def _ended(sides: Mapping[str, SideStatus]) -> bool:
    return all(side.ended for side in sides.values())
