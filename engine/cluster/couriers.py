"""Couriers as the launcher has them: each is asked for at the office, the process that they come from."""

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine import system
from engine.runs import StoreError

ANSWER_SECONDS = 10.0
LOOK_SECONDS = 0.02


@dataclass
class Courier:
    """A started courier: as much of a subprocess.Popen as the launcher needs."""

    office: "Office"
    pid: int
    stdin: IO[bytes]
    stdout: None = None

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while there is none, or none is known."""
        self.office.hear()
        return self.office.codes.get(self.pid)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired where it is not told within so many seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if self.office.gone or (deadline is not None and time.monotonic() > deadline):
                raise subprocess.TimeoutExpired("courier", timeout or 0.0)
            time.sleep(LOOK_SECONDS)
        return code


class Office:
    """One process that couriers come from."""

    def __init__(self, root: Path, environment: dict[str, str]):
        self._line, theirs = socket.socketpair()
        command = [sys.executable, "-m", "engine.cluster.office", "--store", str(root)]
        streams = {"stdin": theirs, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = system.start(command, environment, **streams)
        theirs.close()
        self._heard = b""
        self._answers: list[list[str]] = []
        self.codes: dict[int, int] = {}  # of couriers that have ended
        self.ready = self.gone = False

    def hear(self, seconds: float = 0.0) -> None:
        """Take what the office has said; wait so long for a word of it."""
        ended = self._process.poll() is not None  # a courier that was just begun may hold its line open for a while
        while not self.gone and select.select([self._line], [], [], seconds)[0]:
            seconds = 0.0
            said = self._line.recv(4096)
            self.gone = not said
            *lines, self._heard = (self._heard + said).split(b"\n")
            for line in lines:
                self._take(line.decode().split(maxsplit=1))
        self.gone = self.gone or ended

    def _take(self, words: list[str]) -> None:
        if words[0] == "ready":
            self.ready = True
        elif words[0] == "ended":
            pid, code = words[1].split()
            self.codes[int(pid)] = int(code)
        else:
            self._answers.append(words)

    def send(self, side: str, cluster: str) -> Courier:
        """A new courier, which waits for its run. Raises StoreError."""
        theirs, ours = os.pipe()
        order = json.dumps({"side": side, "cluster": cluster}).encode()
        try:
            socket.send_fds(self._line, [order], [theirs])
            self._await_answer()
            word, told = self._answers.pop()
            if word != "begun":
                raise OSError(told)
        except OSError as error:
            os.close(ours)
            raise StoreError(f"No process could be started for the cluster: {error.strerror or error}.") from None
        finally:
            os.close(theirs)
        return Courier(self, int(told), os.fdopen(ours, "wb", buffering=0))

    def _await_answer(self) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self._answers:
            self.hear(LOOK_SECONDS)
            if self.gone or time.monotonic() > deadline:
                self.close()
                raise OSError("it does not answer")

    def close(self) -> None:
        """End it; its couriers go on."""
        self.gone = True
        self._line.close()
        if self._process.poll() is None:
            system.kill(self._process.pid)
            self._process.wait()


class Couriers:
    """Where the launcher gets couriers from: one office, opened again where it died."""

    def __init__(self, root: Path, environment: Callable[[], dict[str, str]]):
        self._root, self._environment = root, environment
        self._office: Office | None = None

    def open(self) -> None:
        """Begin to open the office, which takes a second or two."""
        if self._office is None:
            self._office = Office(self._root, self._environment())

    def ready(self) -> bool:
        """Whether a courier would come at once. Raises StoreError where the office ended before it was open."""
        self.open()
        assert self._office
        self._office.hear()
        if self._office.gone:
            opened = self._office.ready
            self.close()
            if not opened:
                raise StoreError("The process that speaks with the cluster ended as soon as it was started.")
            return self.ready()
        return self._office.ready

    def take(self, side: str, cluster: str) -> Courier:
        """A courier for a side, which waits for its run; `ready` was asked. Raises StoreError."""
        assert self._office
        return self._office.send(side, cluster)

    def close(self) -> None:
        """End the office; its couriers go on."""
        if self._office:
            self._office.close()
            self._office = None
