"""Both frameworks' processes that call a function with the sizes that a person gives, one after the other."""

import json
import subprocess
import sys
import threading
from collections import deque

from engine import system
from engine.config import FRAMEWORKS, NAMES
from engine.tasks.task import TaskError
from engine.workers import settings, with_home

IDLE_SECONDS = 600.0
MOST_OPEN = 4  # pairs of processes, of some 500 MB; the oldest makes room
MOST_CALLS = 200
LARGEST = 4096
# What each way is in each framework.
WAYS = {
    "generalising": {"torch": "torch.compile", "tensorflow": "reduce_retracing=True"},
    "static": {"torch": "dynamic=False", "tensorflow": "tf.function"},
    "any_size": {"torch": "maybe_mark_dynamic", "tensorflow": "input_signature"},
}
_open: deque["Retracing"] = deque()
_opening = threading.Lock()


class Retracing:
    """Two processes that stay; `sizes` are those that they were called with."""

    def __init__(self) -> None:
        """Start them. Raises TaskError where that cannot be."""
        self.sizes: list[int] = []
        self._answers: dict[str, list[dict[str, int]]] = {side: [] for side in FRAMEWORKS}
        environment = with_home(settings(1, "cpu"))
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for side in FRAMEWORKS:
                command = [sys.executable, "-m", "engine.graphs.retrace", side]
                self._processes[side] = system.start(command, environment, **streams)
        except OSError as error:
            self.end()
            raise TaskError(f"The processes cannot be started: {error.strerror}.") from None
        for side in FRAMEWORKS:
            threading.Thread(target=self._listen, args=(side,), daemon=True).start()
        self._idle = self._timer()

    def call(self, size: int) -> None:
        """Have both call their functions with a batch of this size. Raises TaskError where they do not any more."""
        if len(self.sizes) >= MOST_CALLS:
            raise TaskError(f"{MOST_CALLS} calls are enough; begin again.")
        self._idle.cancel()
        self._idle = self._timer()
        for side, process in self._processes.items():
            try:
                assert process.stdin
                process.stdin.write(f"{size}\n".encode())
                process.stdin.flush()
            except (OSError, ValueError):
                raise TaskError(f"{NAMES[side]}'s process has ended; begin again.") from None
        self.sizes.append(size)

    def answers(self, side: str) -> list[dict[str, int]]:
        """After each call that was answered so far: how often each way has compiled."""
        return list(self._answers[side])

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return any(
            len(self._answers[side]) < len(self.sizes) and process.poll() is None
            for side, process in self._processes.items()
        )

    @property
    def ended(self) -> bool:
        """Whether one of the processes is gone."""
        return any(process.poll() is not None for process in self._processes.values())

    def end(self) -> None:
        """End both."""
        for process in self._processes.values():
            if process.poll() is None:
                system.kill(process.pid)
            process.wait()

    def _listen(self, side: str) -> None:
        stream = self._processes[side].stdout
        assert stream
        for line in stream:
            self._answers[side].append(json.loads(line))

    def _timer(self) -> threading.Timer:
        timer = threading.Timer(IDLE_SECONDS, self.end)
        timer.daemon = True
        timer.start()
        return timer


def begin() -> Retracing:
    """Two new processes; where too many are open, the oldest pair is ended. Raises TaskError."""
    with _opening:
        while len(_open) >= MOST_OPEN:
            _open.popleft().end()
        _open.append(Retracing())
        return _open[-1]
