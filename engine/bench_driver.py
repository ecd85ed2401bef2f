"""The process that carries out one benchmark: `python -m engine.bench_driver FOLDER`.

It starts a subject per framework and environment, lets one of them measure while it and the others sleep, and appends
what they answer to measurements.jsonl. Nothing is judged here.
"""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from engine import system
from engine.benchmark import Plan
from engine.measure.order import there_and_back
from engine.measure.warm_up import warm_up
from engine.workers import settings, with_home


class Stopped(Exception):
    """A person asked the benchmark to end."""


class SubjectDied(Exception):
    """A subject gave no answer, or one that says what broke; the message is one sentence."""


class Subject:
    """A process of one framework that measures when it is asked to."""

    def __init__(self, framework: str, environment: dict[str, str], log: Path):
        self.framework, self.environment = framework, environment
        with log.open("ab") as errors:
            command = [sys.executable, "-m", "engine.bench_subject", framework]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors}
            self._process = system.start(command, with_home(environment), **pipes)
        self.hello = self._answer()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, **request: Any) -> dict[str, Any]:
        """The answer to one request. Raises SubjectDied."""
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._dead() from None
        return self._answer()

    def end(self) -> None:
        """End the process."""
        if self._process.poll() is None:
            system.kill(self._process.pid)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise self._dead()
        told = json.loads(line)
        if "error" in told:
            raise SubjectDied(f"{self.framework} could not measure: {told['error']}.")
        return told

    def _dead(self) -> SubjectDied:
        return SubjectDied(f"The process of {self.framework} ended with exit code {self._process.wait()}.")


class Driver:
    """Carries out a plan; every answer becomes a line at once."""

    def __init__(self, folder: Path):
        self._folder, self._plan = folder, Plan.from_json((folder / "plan.json").read_bytes())
        self._lines = (folder / "measurements.jsonl").open("a", encoding="utf-8")
        self._subjects: dict[tuple, tuple[int, Subject]] = {}
        self._started = 0
        self._counts: dict[int, int] = {}
        self._versions: dict[str, str] = {}

    def run(self) -> None:
        """All of the plan; the last line says how it ended."""
        try:
            self._measure()
            word, sentence = "finished", ""
        except Stopped:
            word, sentence = "stopped", "A person stopped it."
        except SubjectDied as error:
            word, sentence = "failed", str(error)
        finally:
            self._end_subjects()
        self._tell("ended", word=word, sentence=sentence, time=time.time())

    def _measure(self) -> None:
        self._tell("machine", **_machine())
        cases, plan = range(len(self._plan.cases)), self._plan
        for number in range(plan.rounds):
            if number == 0 or plan.preset == "thorough":
                self._end_subjects()
                for case in cases:
                    self._open(case)
            before = _processor_seconds(self._pids())
            for position, case in enumerate(there_and_back(cases, number)):
                self._look_for_stop()
                self._block(number, position, case)
            self._tell("state", round=number, **_state(before, self._pids()))

    def _open(self, number: int) -> None:
        self._look_for_stop()
        case, plan = self._plan.cases[number], self._plan
        process, subject = self._subject(number)
        quality = plan.quality.model_dump() if plan.quality else None
        asked = {
            "loop": case.loop,
            "config": json.loads(case.config.to_json()),
            "quantity": plan.quantity,
            "quality": quality,
        }
        told = subject.ask(do="open", case=number, **asked)
        self._tell("case", case=number, process=process, **told)
        if plan.quantity in ("training_step", "inference"):
            windows, self._counts[number], agreed = warm_up(
                lambda count: subject.ask(do="block", case=number, count=count)["seconds"],
                plan.block_seconds,
                told.get("multiple", 1),
            )
            self._tell("warm_up", case=number, process=process, seconds_per_step=windows, agreed=agreed)
        else:
            self._counts[number] = 1

    def _block(self, number: int, position: int, case: int) -> None:
        process, subject = self._subject(case)
        count = self._counts[case]
        told = subject.ask(do="block", case=case, count=count)
        where = {"round": number, "position": position, "case": case, "process": process, "time": time.time()}
        if self._plan.quantity in ("training_step", "inference"):
            self._tell("block", count=count, **where, **told)
        else:
            self._tell("outcome", **where, **told)

    def _subject(self, number: int) -> tuple[int, Subject]:
        """The process in which a case lives: of its framework, and of what is fixed when that is imported."""
        config = self._plan.cases[number].config
        framework = config.frameworks[0]
        environment = settings(config.threads, getattr(config.device, framework))
        key = (framework, *sorted(environment.items()))
        if key not in self._subjects:
            subject = Subject(framework, environment, self._folder / "subjects.log")
            self._subjects[key] = self._started, subject
            self._tell("process", process=self._started, framework=framework, environment=environment, **subject.hello)
            self._started += 1
        return self._subjects[key]

    def _pids(self) -> list[int]:
        return [subject.pid for _, subject in self._subjects.values()]

    def _end_subjects(self) -> None:
        for _, subject in self._subjects.values():
            subject.end()
        self._subjects.clear()

    def _look_for_stop(self) -> None:
        if (self._folder / "stop").exists():
            raise Stopped

    def _tell(self, kind: str, **fields: Any) -> None:
        self._lines.write(json.dumps({"type": kind, **fields}) + "\n")
        self._lines.flush()


def _machine() -> dict[str, Any]:
    return {
        "time": time.time(),
        "host": system.HOST,
        "processor": system.processor(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "system": platform.platform(),
    }


def _state(before: tuple[float, float, float, int], pids: Iterable[int]) -> dict[str, Any]:
    """How busy the machine was since `before` with what is not ours."""
    after = _processor_seconds(pids)
    everyone, ours, passed = (later - earlier for later, earlier in zip(after[:3], before[:3], strict=True))
    frequency = psutil.cpu_freq()
    return {
        "load": list(psutil.getloadavg()),
        "mhz": frequency.current if frequency else None,
        "swapped_bytes": after[3] - before[3],
        "others_share": max(0.0, everyone - ours) / max(passed, 1e-9),
        "time": time.time(),
    }


def _processor_seconds(pids: Iterable[int]) -> tuple[float, float, float, int]:
    """Processor time of everyone and of these processes and this one, all there was to give, and bytes swapped out."""
    times: Mapping[str, float] = psutil.cpu_times()._asdict()
    idle = times["idle"] + times.get("iowait", 0.0)
    total = sum(value for name, value in times.items() if not name.startswith("guest"))
    ours = sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in (*pids, os.getpid()))
    return total - idle, ours, total, psutil.swap_memory().sout


if __name__ == "__main__":
    Driver(Path(sys.argv[1])).run()
