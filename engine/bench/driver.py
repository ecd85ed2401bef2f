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
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from engine import system
from engine.bench.plan import IN_BLOCKS, Plan, calls_kept, is_ladder
from engine.bench.process import CaseFailed, Stopped, Subject, SubjectDied
from engine.fairness.defaults import matches
from engine.measure.device import gpus
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
        self._lost: set[int] = set()  # cases that are measured no more
        self._started = 0

    def run(self) -> None:
        """All of the plan; the last line says how it ended."""
        word, sentence = "finished", ""
        try:
            self._tell("machine", **machine())
            for round_ in range(self._plan.rounds):
                self._round(round_)
            if self._lost:
                sentence = f"{len(self._lost)} of {len(self._plan.cases)} cases could not be measured."
        except Stopped:
            word, sentence = "stopped", "A person stopped it."
        except CaseFailed as error:
            word, sentence = "failed", str(error)
        finally:
            self._end_subjects()
        self._tell("ended", word=word, sentence=sentence, time=time.time())

    def _round(self, round_: int) -> None:
        """Every case that is not lost, there and back; all are made ready before the first is timed."""
        if self._plan.preset == "thorough":
            self._end_subjects()
        self._make_ready(round_)
        if round_ == 0 and is_ladder(self._plan):
            self._floors()
            self._make_ready(round_)  # a process may have died of it
        before = processor_seconds(self._pids())
        for position, case in enumerate(there_and_back(self._left(), round_)):
            self._look_for_stop()
            if case not in self._lost:
                with self._losing(case, round_):
                    self._block(round_, position, case)
        self._tell("state", round=round_, **state(before, self._pids()))

    def _make_ready(self, round_: int) -> None:
        for case in self._left():
            with self._losing(case, round_):
                self._ready(case)

    def _left(self) -> list[int]:
        return [case for case in range(len(self._plan.cases)) if case not in self._lost]

    @contextlib.contextmanager
    def _losing(self, case: int, round_: int) -> Iterator[None]:
        """A case that cannot be measured is told and left out. Raises CaseFailed where nothing is left to compare."""
        try:
            yield
        except CaseFailed as error:
            if isinstance(error, SubjectDied):
                self._forget(case)
            self._lost.add(case)
            self._tell("lost", round=round_, case=case, sentence=str(error), time=time.time())
            if len(self._left()) < min(2, len(self._plan.cases)):
                raise

    def _ready(self, case: int) -> int:
        """Have the case built and warmed up in a living process; returns the process."""
        self._look_for_stop()
        process, subject = self._subject(case)
        if self._open.get(case) == process:
            return process
        asked, plan = self._plan.cases[case], self._plan
        quality = plan.quality.model_dump() if plan.quality else None
        config = json.loads(asked.config.to_json())
        what = {"loop": asked.loop, "config": config, "quantity": plan.quantity, "quality": quality}
        told = subject.ask(do="open", case=case, **what)
        self._open[case] = process
        self._tell("case", case=case, process=process, **told)
        self._counts[case] = 1
        if plan.quantity in IN_BLOCKS:
            windows, self._counts[case], agreed = warm_up(
                lambda count: subject.ask(do="block", case=case, count=count, round=0, keep=0)["seconds"],
                plan.block_seconds,
                told.get("multiple", 1),
            )
            self._tell("warm_up", case=case, process=process, seconds_per_step=windows, agreed=agreed)
        return process

    def _floors(self) -> None:
        """What this machine's arithmetic and memory would allow, as each framework reaches it."""
        ours = (case for case in self._left() if self._plan.cases[case].loop == "engine")
        for framework, case in {self._plan.cases[case].framework: case for case in ours}.items():
            try:
                process, subject = self._subject(case)
                told = subject.ask(do="floor", case=case)
            except SubjectDied:  # what lived in it is built anew when it is needed
                self._forget(case)
            except CaseFailed:  # a ladder without a floor is one all the same
                pass
            else:
                self._tell("floor", process=process, framework=framework, case=case, **told)

    def _block(self, round_: int, position: int, case: int) -> None:
        process, plan = self._ready(case), self._plan
        asked = {"count": self._counts[case], "round": round_, "keep": calls_kept(plan)}
        told = self._subject(case)[1].ask(do="block", case=case, **asked)
        where = {"round": round_, "position": position, "case": case, "process": process, "time": time.time()}
        if plan.quantity in IN_BLOCKS:
            self._tell("block", count=self._counts[case], **where, **told)
        else:
            self._tell("outcome", **where, **told)

    def _key(self, case: int) -> tuple:
        """What is fixed for a whole process: its framework, what that reads when it is imported, and types."""
        config = self._plan.cases[case].config
        framework = config.frameworks[0]
        environment = settings(config.threads, getattr(config.device, framework), config.workers)
        whole = (config.precision, config.workers, *(matches(config, name) for name in ("tf32", "determinism")))
        return (framework, whole, *sorted(environment.items()))

    def _subject(self, case: int) -> tuple[int, Subject]:
        """The process in which a case lives."""
        key = self._key(case)
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

    def _forget(self, case: int) -> None:
        """Leave a dead process behind; what else lived in it is built anew when it is needed."""
        _, subject = self._subjects.pop(self._key(case), (0, None))
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
        "versions": {"python": platform.python_version(), "numpy": np.__version__, **_installed("keras")},
        "system": platform.platform(),
        **({"gpus": told} if (told := gpus()) else {}),
    }


def _installed(package: str) -> dict[str, str]:
    """The version of a package that no framework tells of itself, without importing it."""
    try:
        return {package: metadata.version(package)}
    except metadata.PackageNotFoundError:
        return {}


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
