"""A process of one framework in which cases of a benchmark are measured, as its driver sees it."""

import contextlib
import json
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import system
from engine.config import NAMES
from engine.workers import with_home

STOP_POLL_SECONDS = 0.5  # often enough for a person; a look takes some microseconds of the half second


class Stopped(Exception):
    """A person asked the benchmark to end."""


class CaseFailed(Exception):
    """A case cannot be measured, and the process goes on; the message is one sentence."""


class SubjectDied(CaseFailed):
    """The process is gone, and with it whatever it had built."""


class Subject:
    """A process that measures when it is asked to, and sleeps while it is not."""

    def __init__(
        self,
        framework: str,
        environment: dict[str, str],
        folder: Path,
        number: int,
        stopped: Callable[[], bool],
        program: str = "engine.bench.subject",
    ):
        """Start it, and wait until it has imported its framework: `hello` says how that went. Raises SubjectDied.

        Its word goes to subjects.log in `folder`. What it compiles it compiles anew each time: PyTorch's compiler keeps
        nothing, and works in a folder of its own.
        """
        self._name, self._stopped = NAMES[framework], stopped
        self._compiled = folder / f"compiled-{number}"
        own = {"TORCHINDUCTOR_CACHE_DIR": str(self._compiled), "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1"}
        with (folder / "subjects.log").open("ab") as errors:
            command = [sys.executable, "-m", program, framework]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors}
            self._process = system.start(command, with_home(environment | own), **pipes)
        self.process_start = system.started_at(self._process.pid) or 0.0
        try:
            self.hello = self._answer()
        except (Stopped, SubjectDied):
            self.end()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, **request: Any) -> dict[str, Any]:
        """The answer to one request. Raises CaseFailed, SubjectDied and Stopped."""
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._dead() from None
        return self._answer()

    def end(self) -> None:
        """End the process and all that it started."""
        if self._process.poll() is None:  # else its pid may be another's by now
            system.kill(self._process.pid)
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):  # of what it never read
                if pipe:
                    pipe.close()
        shutil.rmtree(self._compiled, ignore_errors=True)

    def _answer(self) -> dict[str, Any]:
        """What it says next; a stop is heeded also while it measures or compiles."""
        pipe = self._process.stdout
        assert pipe
        while not select.select([pipe], [], [], STOP_POLL_SECONDS)[0]:
            if self._stopped():
                raise Stopped
        line = pipe.readline()
        if not line.endswith(b"\n"):
            raise self._dead()
        told = json.loads(line)
        if "error" in told:
            raise CaseFailed(f"{self._name} could not measure: {told['error']}.")
        return told

    def _dead(self) -> SubjectDied:
        code = self._process.wait()
        if code < 0:
            memory = ", as it is where there is too little memory" if code == -signal.SIGKILL else ""
            return SubjectDied(f"The process of {self._name} was ended by signal {-code}{memory}.")
        return SubjectDied(f"The process of {self._name} ended with exit code {code}; subjects.log may say why.")
