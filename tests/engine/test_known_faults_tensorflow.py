"""Faults of TensorFlow and Keras themselves that the engine goes around: a failure here says that one is mended."""

import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[2]


def free_port() -> str:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def test_fit_does_not_train_under_the_strategy_for_several_processes():
    ports = [free_port(), free_port()]
    command = [sys.executable, "-m", "tests.engine.fit_over_workers"]
    both = [
        subprocess.Popen([*command, str(rank), *ports], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)
        for rank in range(2)
    ]
    for process in both:
        said = process.communicate(timeout=600)[0].decode()
        assert "Attempt to convert a value (PerReplica:" in said
