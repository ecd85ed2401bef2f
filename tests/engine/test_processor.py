"""Whose processor time it was: ours is that of the processes that measure, and of all that they started."""

import os
from types import SimpleNamespace
from typing import ClassVar

import psutil
import pytest

from engine.measure import device, processor

ME = os.getpid()
SUBJECT, HELPER, COMPILER = 1001, 1002, 1003


class Fake:
    """A process of a tree: this one has begun a subject, which has a helper, which runs a compiler."""

    below: ClassVar = {ME: (SUBJECT, HELPER, COMPILER), SUBJECT: (HELPER, COMPILER), HELPER: (COMPILER,), COMPILER: ()}
    seconds: ClassVar = {ME: 1.0, SUBJECT: 20.0, HELPER: 300.0, COMPILER: 4000.0}

    def __init__(self, pid: int):
        if pid not in self.below:
            raise psutil.NoSuchProcess(pid)
        self.pid = pid

    def children(self, recursive: bool) -> list["Fake"]:
        assert recursive
        return [Fake(pid) for pid in self.below[self.pid]]

    def cpu_times(self) -> tuple[float, ...]:
        return (self.seconds[self.pid], 0.0, 0.0, 0.0)


def test_helpers_that_live_are_ours_and_each_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "Process", Fake)
    assert processor.processor_seconds([SUBJECT])[1] == 4321.0
    assert processor.processor_seconds([SUBJECT, HELPER, 2002])[1] == 4321.0


def test_gpus_are_told_with_their_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def answer(command: list[str], **_: object) -> SimpleNamespace:
        asked.append(command)
        return SimpleNamespace(stdout="0, NVIDIA H200, 550.54\n1, NVIDIA L4, 550.54\n")

    monkeypatch.setattr(device.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(device.subprocess, "run", answer)
    assert device.gpus() == {"0": "NVIDIA H200, driver 550.54", "1": "NVIDIA L4, driver 550.54"}
    assert asked[0][0] == "/bin/nvidia-smi"


def test_without_a_driver_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device.shutil, "which", lambda name: None)
    assert device.gpus() == {}
    assert device.gpu_memory(0) is None
