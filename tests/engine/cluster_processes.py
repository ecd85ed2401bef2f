"""A cluster on this machine for tests: a scheduler and nodes as processes, whose workers need no framework.

As a program it is such a node: FOLDER, and what engine.cluster.node takes.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from engine import system
from engine.cluster import node
from tests.engine import numpy_worker


class Cluster:
    """`address` is the scheduler's. Everything ends with `close`, by pid."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None, *options: str):
        self._folder, self._environment = folder, {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})}
        self._started: list[subprocess.Popen[str]] = []
        self.scheduler, self.address = self._begin("engine.cluster.scheduler", "--port", "0", *options)

    def node(self, name: str, torch: int = 1, tensorflow: int = 1, **environment: str) -> subprocess.Popen[str]:
        """A node of that name with so many slots."""
        folder = self._folder / name
        folder.mkdir()
        slots = ["--torch", str(torch), "--tensorflow", str(tensorflow)]
        node = ["tests.engine.cluster_processes", str(folder), self.address, "--name", name, *slots]
        return self._begin(*node, "--folder", str(folder), **environment)[0]

    def _begin(self, *module: str, **environment: str) -> tuple[subprocess.Popen[str], str]:
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        process = subprocess.Popen([sys.executable, "-m", *module], env=self._environment | environment, **pipes)
        self._started.append(process)
        assert process.stdout
        address = process.stdout.readline().strip()
        assert address, f"{module[0]} did not start"
        return process, address

    def close(self) -> None:
        """End all of it."""
        for process in reversed(self._started):
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


def children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The workers that a node has started."""
    return [one for one in psutil.Process(process.pid).children() if system.started_at(one.pid) is not None]


def kill(process: subprocess.Popen[str]) -> None:
    """As kill -9 does."""
    os.kill(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.executable = numpy_worker.executable(Path(sys.argv.pop(1)))
    node.main()
