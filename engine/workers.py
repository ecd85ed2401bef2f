"""The worker processes themselves: their environment, their start, and one warm idle one per framework."""

import contextlib
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from engine import events, system
from engine.cluster import place
from engine.cluster.couriers import Courier, Couriers
from engine.config import FRAMEWORKS, RunConfig
from engine.events import Event
from engine.networks import own

END_SECONDS = 2.0


@dataclass
class Worker:
    """A started process, or the courier of a side that trains elsewhere; `key` is what was fixed when it began."""

    process: subprocess.Popen[bytes] | Courier
    process_start: float
    key: tuple[tuple[str, str], ...]
    warm: bool

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def ready(self) -> bool:
        """Whether a warm worker has said that it only waits now."""
        return bool(self.process.stdout and select.select([self.process.stdout], [], [], 0)[0])


def settings(threads: int, device: str, workers: int = 1) -> dict[str, str]:
    """The environment variables that are fixed when a framework is imported."""
    fixed = {
        "OMP_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "PASSIVE",  # spinning threads cost the other side more than they give
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # so that both sides fit on one GPU
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # what deterministic matrix products need
        "PYTHONUNBUFFERED": "1",
        own.VARIABLE: own.named_folder(),
    }
    if device == "cpu":
        fixed["CUDA_VISIBLE_DEVICES"] = ""
    if workers > 1:  # which meet on this machine alone
        fixed["GLOO_SOCKET_IFNAME"] = system.LOOPBACK
    return fixed


class Workers:
    """Starts workers for one store. Idle ones end when this process does, because their input does."""

    def __init__(self, root: Path, warm: bool):
        self._root, self._warm = root.resolve(), warm
        self._idle: dict[str, Worker] = {}
        self._running: dict[int, Worker] = {}
        self._wanted: dict[str, dict[str, str]] = {framework: settings(1, "cpu") for framework in FRAMEWORKS}
        self._couriers = Couriers(self._root, lambda: with_home({"OMP_NUM_THREADS": "1"}))

    def ready(self, cluster: str) -> bool:
        """Whether a side can be given away at once: couriers come from a process that takes a second to begin.

        Raises StoreError where that process does not.
        """
        return not cluster or self._couriers.ready()

    def take(self, framework: str, config: RunConfig, cluster: str = "") -> Worker:
        """A worker for one side, which waits for its run: the idle one where it fits, else a new one.

        For a side that the `cluster` at that address trains, it is the courier that stands for it here. Raises
        StoreError where none can be started.
        """
        if cluster:
            courier = self._couriers.take(framework, cluster)
            self._running[courier.pid] = Worker(courier, system.started_at(courier.pid) or 0.0, (), warm=False)
            return self._running[courier.pid]
        fixed = settings(config.threads, getattr(config.device, framework), config.workers)
        if config.workers == 1:  # several cannot be told to a process that has begun to compute
            self._wanted[framework] = fixed
        worker = self._idle.pop(framework, None)
        if worker and (worker.key != _key(fixed) or worker.process.poll() is not None):
            _dismiss(worker)
            worker = None
        worker = worker or self._start(framework, fixed, warm=False)
        self._running[worker.pid] = worker
        if config.concurrency == "in_turn":
            self.hush()
        return worker

    def send(self, worker: Worker, run: str) -> None:
        """Tell a worker that was taken which run to train."""
        assert worker.process.stdin
        with contextlib.suppress(BrokenPipeError):  # it has just died, and is found out like any other death
            worker.process.stdin.write(f"{run}\n".encode())
            worker.process.stdin.close()
        if worker.process.stdout:
            worker.process.stdout.close()

    def give_back(self, worker: Worker) -> None:
        """End a worker that was taken and is told no run after all."""
        del self._running[worker.pid]
        _dismiss(worker)

    def hush(self) -> None:
        """End idle workers that still import or rehearse: what is timed has the machine to itself."""
        for framework in [framework for framework, worker in self._idle.items() if not worker.ready]:
            _dismiss(self._idle.pop(framework))

    def warm_up(self) -> None:
        """Have one idle worker per framework import what the last run needed, and Dask where a cluster is offered."""
        self._reap()
        if not self._warm:
            return
        if place.named():
            self._couriers.open()
        for framework, fixed in self._wanted.items():
            if framework not in self._idle:  # one that died stays here: starting it again and again would not help
                self._idle[framework] = self._start(framework, fixed, warm=True)

    def cause(self, word: Event | None) -> str:
        """Why the process that `word` launched is gone, as far as its exit code tells."""
        worker = self._running.get(word.pid) if isinstance(word, events.Launched) else None
        if worker is None:
            return "Its process ended; another server had started it, so the reason is not known."
        try:
            code = worker.process.wait(END_SECONDS)  # its memory goes back before its exit code can be asked for
        except subprocess.TimeoutExpired:
            return "Its process ended, and did not say why."
        if code < 0:
            return f"Its process was ended by signal {-code}."
        if code == 3:
            return "The store did not take what it recorded; is the disk full?"
        return f"Its process ended with exit code {code}; worker.log in its folder may say why."

    def close(self) -> None:
        """End the idle workers, and what couriers come from."""
        self._couriers.close()
        for worker in self._idle.values():
            _dismiss(worker)
        self._idle.clear()

    def _start(self, framework: str, fixed: dict[str, str], warm: bool) -> Worker:
        module = ["engine.worker", *(["--warm"] if warm else [])]
        command = [sys.executable, "-m", *module, "--store", str(self._root), "--framework", framework]
        out = subprocess.PIPE if warm else subprocess.DEVNULL
        pipes = {"stdin": subprocess.PIPE, "stdout": out, "stderr": subprocess.DEVNULL}
        process = system.start(command, with_home(fixed), **pipes)
        return Worker(process, system.started_at(process.pid) or 0.0, _key(fixed), warm)

    def _reap(self) -> None:
        """Forget processes that have ended, so that none stays behind as a zombie."""
        self._running = {pid: worker for pid, worker in self._running.items() if worker.process.poll() is None}


def _key(fixed: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(fixed.items()))


def with_home(fixed: dict[str, str]) -> dict[str, str]:
    """This process's environment, changed by `fixed`, in which `engine` can be imported from any folder."""
    home = str(Path(__file__).parent.parent)
    path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    return {**os.environ, **fixed, "PYTHONPATH": path}


def _dismiss(worker: Worker) -> None:
    if worker.process.poll() is None:  # else its pid may be another's by now
        system.kill(worker.pid)
        worker.process.wait()
    for pipe in (worker.process.stdin, worker.process.stdout):
        if pipe:
            pipe.close()
