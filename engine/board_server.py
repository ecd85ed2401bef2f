"""The one TensorBoard process that shows a store: started when first asked for, ended with the process that asked."""

import os
import re
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

from engine import system

PREFIX = "/tb"
START_SECONDS = 30.0
END_SECONDS = 5.0
ADDRESS = re.compile(rf"http://127\.0\.0\.1:(\d+){PREFIX}/")
OPTIONS = {
    "host": "127.0.0.1",
    "port": "0",
    "path_prefix": PREFIX,
    "reload_interval": "1",
    "samples_per_plugin": "scalars=5000,histograms=500",
    "load_fast": "auto",  # the data server; the slow way only where it has no build, as on macOS arm64
}
# TensorBoard imports TensorFlow unless a module named notf is there. Its standard input is a pipe from us: the pipe's
# end is our end, however we come to it. The data server ends with TensorBoard in the same way.
PROGRAM = """
import os, sys, threading, types
sys.modules["tensorboard.compat.notf"] = types.ModuleType("tensorboard.compat.notf")
def end_with_parent():
    while os.read(0, 4096):
        pass
    os._exit(0)
threading.Thread(target=end_with_parent, daemon=True).start()
from tensorboard.main import run_main
run_main()
"""


class BoardError(Exception):
    """TensorBoard cannot be shown now, but may be asked for again; the message is one sentence for a person."""


class BoardServer:
    """TensorBoard over the runs below `logdir`, on a free loopback port, under the path PREFIX.

    All methods may be called from any thread. `python` is the interpreter to start it with.
    """

    def __init__(self, logdir: Path, python: str = sys.executable, start_seconds: float = START_SECONDS):
        self._logdir = Path(logdir)
        self._python = python
        self._start_seconds = start_seconds
        self._lock = threading.Lock()
        self._attempt: _Attempt | None = None
        self._failure: tuple[float, BoardError] | None = None

    def port(self) -> int:
        """The port TensorBoard answers on; starts it where it does not run. Raises BoardError."""
        asked = time.monotonic()
        with self._lock:
            if self._attempt and (port := self._attempt.port) and self._attempt.process.poll() is None:
                return port
            if self._failure and self._failure[0] >= asked:
                raise self._failure[1]  # it failed for someone else while we waited for our turn
            try:
                return self._start()
            except BoardError as error:
                self._failure = time.monotonic(), error
                raise

    def close(self) -> None:
        """End TensorBoard, if it runs, and wait for that."""
        with self._lock:
            self._end()

    def _start(self) -> int:
        self._end()
        arguments = [f"--{name}={value}" for name, value in OPTIONS.items()]
        command = [self._python, "-uPc", PROGRAM, f"--logdir={self._logdir.absolute()}", *arguments]
        try:
            self._attempt = _Attempt(command)
        except OSError as error:
            raise BoardError(f"TensorBoard could not be started with {self._python}: {error.strerror}.") from None
        if port := self._attempt.wait(self._start_seconds):
            return port
        sentence = self._attempt.sentence(self._start_seconds)
        self._end()
        raise BoardError(sentence)

    def _end(self) -> None:
        if self._attempt:
            self._attempt.end()
            self._attempt = None


class _Attempt:
    """One start of TensorBoard: its process, and what it said."""

    def __init__(self, command: list[str]):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.process = system.start(command, dict(os.environ), **pipes)
        self.port: int | None = None
        self._said: deque[str] = deque(maxlen=50)
        self._decided = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def wait(self, seconds: float) -> int | None:
        """The port, as soon as TensorBoard has named it; None when it ended or the time is over."""
        self._decided.wait(seconds)
        return self.port

    def sentence(self, seconds: float) -> str:
        """Why there is no port, for a person."""
        if not self._decided.is_set():
            return f"TensorBoard did not start within {seconds:g} seconds."
        said = [line for line in self._said if line.strip()]
        if any("No module named 'tensorboard'" in line for line in said):
            return "TensorBoard is not installed; install it with: pip install tensorboard."
        return f"TensorBoard ended while it started; its last words were: {said[-1].strip() if said else 'none'}"

    def end(self) -> None:
        """End the process and its data server."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            system.kill(self.process.pid)
            self.process.wait()
        self._listener.join(END_SECONDS)
        self.process.stdout.close()

    def _listen(self) -> None:
        """Keep what TensorBoard says, to its end: a full pipe would hold it up."""
        assert self.process.stdout
        for line in self.process.stdout:
            text = line.decode(errors="replace")
            self._said.append(text)
            if found := ADDRESS.search(text):
                self.port = int(found[1])
                self._decided.set()
        self._decided.set()
