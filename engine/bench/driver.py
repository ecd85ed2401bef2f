"""The process that carries out one benchmark: `python -m engine.bench.driver FOLDER`.

It starts a subject per framework and environment, lets one of them measure while it and the others sleep, and appends
what they answer to measurements.jsonl. Nothing is judged here.
"""

import contextlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from engine import system
from engine.bench.benchmark import Plan, is_ladder
from engine.bench.process import CaseFailed, Stopped, Subject, SubjectDied
from engine.fairness.defaults import matches
from engine.measure.order import there_and_back
from engine.measure.processor import Seconds, others_share, processor_seconds
from engine.measure.warm_up import warm_up
from engine.workers import settings


class Driver:
    """Carries out a plan; every answer becomes a line at once. `start` begins a subject."""

    def __init__(self, folder: Path, start: Callable[..., Subject] = Subject):
        """Raises FileExistsError where another driver has begun: a benchmark is measured once."""
        self._folder, self._plan, self._start = folder, Plan.from_json((folder / "plan.json").read_bytes()), start
        self._lines = (folder / "measurements.jsonl").open("x", encoding="utf-8")
        me = {"pid": os.getpid(), "process_start": system.started_at(os.getpid()) or 0.0, "host": system.HOST}
        system.write_whole(folder / "driver.json", json.dumps(me))  # whoever started it may be gone before it can
        self._subjects: dict[tuple, tuple[int, Subject]] = {}
        self._open: dict[int, int] = {}  # the process in which each case is ready
        self._counts: dict[int, int] = {}
        self._lost: dict[int, str] = {}  # why a case is measured no more
        self._started = 0

    def run(self) -> None:
        """All of the plan; the last line says how it ended."""
        word, sentence = "finished", ""
        try:
            self._tell("machine", **machine())
            for number in range(self._plan.rounds):
                self._round(number)
            if self._lost:
                sentence = f"{len(self._lost)} of {len(self._plan.cases)} cases could not be measured."
        except Stopped:
            word, sentence = "stopped", "A person stopped it."
        except CaseFailed as error:
            word, sentence = "failed", str(error)
        finally:
            self._end_subjects()
        self._tell("ended", word=word, sentence=sentence, time=time.time())

    def _round(self, number: int) -> None:
        """Every case that is not lost, there and back; all are made ready before the first is timed."""
        if self._plan.preset == "thorough":
            self._end_subjects()
        left = [case for case in range(len(self._plan.cases)) if case not in self._lost]
        for case in left:
            with self._losing(case, number):
                self._ready(case)
        left = [case for case in left if case not in self._lost]
        if number == 0 and is_ladder(self._plan):
            self._floors(left)
        before = processor_seconds(self._pids())
        for position, case in enumerate(there_and_back(left, number)):
            self._look_for_stop()
            if case not in self._lost:
                with self._losing(case, number):
                    self._block(number, position, case)
        self._tell("state", round=number, **state(before, self._pids()))

    @contextlib.contextmanager
    def _losing(self, case: int, number: int) -> Iterator[None]:
        """A case that cannot be measured is told and left out. Raises CaseFailed where nothing is left to compare."""
        try:
            yield
        except CaseFailed as error:
            if isinstance(error, SubjectDied):
                self._forget(case)
            self._lost[case] = str(error)
            self._tell("lost", round=number, case=case, sentence=str(error), time=time.time())
            if len(self._plan.cases) - len(self._lost) < min(2, len(self._plan.cases)):
                raise

    def _ready(self, number: int) -> int:
        """Have the case built and warmed up in a living process; returns the process."""
        self._look_for_stop()
        process, subject = self._subject(number)
        if self._open.get(number) == process:
            return process
        case, plan = self._plan.cases[number], self._plan
        quality = plan.quality.model_dump() if plan.quality else None
        config = json.loads(case.config.to_json())
        asked = {"loop": case.loop, "config": config, "quantity": plan.quantity, "quality": quality}
        told = subject.ask(do="open", case=number, **asked)
        self._open[number] = process
        self._tell("case", case=number, process=process, **told)
        self._counts[number] = 1
        if plan.quantity in ("training_step", "inference"):
            windows, self._counts[number], agreed = warm_up(
                lambda count: subject.ask(do="block", case=number, count=count, round=0)["seconds"],
                plan.block_seconds,
                told.get("multiple", 1),
            )
            self._tell("warm_up", case=number, process=process, seconds_per_step=windows, agreed=agreed)
        return process

    def _floors(self, cases: list[int]) -> None:
        """What this machine's arithmetic and memory would allow, as each framework reaches it."""
        ours = (case for case in cases if self._plan.cases[case].loop == "engine")
        for framework, case in {self._plan.cases[case].framework: case for case in ours}.items():
            process, subject = self._subject(case)
            with contextlib.suppress(CaseFailed):  # a ladder without a floor is one all the same
                told = subject.ask(do="floor", case=case)
                self._tell("floor", process=process, framework=framework, case=case, **told)

    def _block(self, number: int, position: int, case: int) -> None:
        process = self._ready(case)
        count = self._counts[case]
        told = self._subject(case)[1].ask(do="block", case=case, count=count, round=number)
        where = {"round": number, "position": position, "case": case, "process": process, "time": time.time()}
        if self._plan.quantity in ("training_step", "inference"):
            self._tell("block", count=count, **where, **told)
        else:
            self._tell("outcome", **where, **told)

    def _key(self, number: int) -> tuple:
        """What is fixed for a whole process: its framework, what that reads when it is imported, and types."""
        config = self._plan.cases[number].config
        framework = config.frameworks[0]
        environment = settings(config.threads, getattr(config.device, framework), config.workers)
        whole = (config.precision, config.workers, *(matches(config, name) for name in ("tf32", "determinism")))
        return (framework, whole, *sorted(environment.items()))

    def _subject(self, number: int) -> tuple[int, Subject]:
        """The process in which a case lives."""
        key = self._key(number)
        if key not in self._subjects:
            framework, environment = key[0], dict(key[2:])
            process = self._started
            self._started += 1
            stopped = (self._folder / "stop").exists
            subject = self._start(framework, environment, self._folder, process, stopped)
            self._subjects[key] = process, subject
            born = {"pid": subject.pid, "process_start": subject.process_start}
            self._tell(
                "process", process=process, framework=framework, environment=environment, **born, **subject.hello
            )
        return self._subjects[key]

    def _pids(self) -> list[int]:
        return [subject.pid for _, subject in self._subjects.values()]

    def _forget(self, number: int) -> None:
        """Leave a dead process behind; what else lived in it is built anew when it is needed."""
        _, subject = self._subjects.pop(self._key(number), (0, None))
        if subject:
            subject.end()

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


def machine() -> dict[str, Any]:
    """What this machine is."""
    return {
        "time": time.time(),
        "host": system.HOST,
        "processor": system.processor(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "system": platform.platform(),
    }


def state(before: Seconds, pids: Iterable[int]) -> dict[str, Any]:
    """How busy the machine was since `before` with what is not ours."""
    after = processor_seconds(pids)
    frequency = psutil.cpu_freq()
    return {
        "load": list(psutil.getloadavg()),
        "mhz": frequency.current if frequency else None,
        "swapped_bytes": after[3] - before[3],
        "others_share": others_share(before, after),
        "time": time.time(),
    }


if __name__ == "__main__":
    Driver(Path(sys.argv[1])).run()
