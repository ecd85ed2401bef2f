"""The process in which cases of one framework are measured: `python -m engine.bench_subject FRAMEWORK`.

Each line of standard input is one request as JSON, each line of standard output its answer. The process sleeps while
it waits, and ends when its input does.
"""

import importlib
import json
import os
import sys
import time
import traceback
from dataclasses import asdict
from typing import Any

import numpy as np

from engine import system
from engine.config import RunConfig
from engine.datasets.split import Split, prepare
from engine.events import Evidence
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.defaults import matches
from engine.fairness.evidence import digest
from engine.fairness.judge import validation_metrics
from engine.fairness.weights import initial_weights
from engine.twins import network_twin


class UsualSubject:
    """One case in the loop that people write first, which trains whole epochs."""

    def __init__(self, twin, config: RunConfig):
        framework = config.frameworks[0]
        twin.configure(config)
        self._split = prepare(config)
        self._steps = steps_per_epoch(len(self._split.inputs), config.batch_size)
        loop = importlib.import_module(f"engine.frameworks.usual_{framework}")
        self._loop = loop.Usual(config, self._split, network_twin(config, framework).build)

    def opened(self) -> dict[str, Any]:
        """Train the first epoch."""
        begun = time.perf_counter()
        self._loop.epoch()
        return {"first_seconds": time.perf_counter() - begun, "multiple": self._steps}

    def measure(self, count: int) -> dict[str, Any]:
        """Seconds of so many steps, a multiple of an epoch's."""
        begun = time.perf_counter()
        for _ in range(count // self._steps):
            self._loop.epoch()
        return {"seconds": time.perf_counter() - begun}


class Subject:
    """One case, built and ready: `measure` does so many of its steps, calls or epochs and times them."""

    def __init__(self, twin, config: RunConfig, quantity: str, quality: dict[str, Any] | None):
        self.config, self._twin, self._quantity, self._quality = config, twin, quantity, quality
        self._split: Split = prepare(config)
        self._steps = steps_per_epoch(len(self._split.inputs), config.batch_size)
        self._step = 0
        self._session = self._new_session()

    def opened(self) -> dict[str, Any]:
        """Train the first two steps, each timed by itself, and say what was found."""
        self._begin_epoch()
        first, second = self._seconds(1), self._seconds(1)
        begun = time.perf_counter()
        for rows in np.array_split(epoch_order(self.config.seed, 0, len(self._split.inputs)), self._steps):
            self._split.inputs[rows], self._split.targets[rows]
        gathered = (time.perf_counter() - begun) / self._steps
        return {
            "first_seconds": first,
            "second_seconds": second,
            "input_seconds": gathered,
            "parameters": self._session.parameters,
            "evidence": self._evidence(),
        }

    def measure(self, count: int) -> dict[str, Any]:
        """Seconds of so many steps, calls or epochs, synchronised before and after."""
        match self._quantity:
            case "inference":
                return self._calls(count)
            case "epoch":
                return {"seconds": sum(self._epoch() for _ in range(count)), "steps": count * self._steps}
            case "time_to_quality":
                return self._until_good()
        return {"seconds": self._seconds(count)}

    def _new_session(self):
        self._twin.configure(self.config)
        weights = initial_weights(self.config) if matches(self.config, "initial_weights") else None
        network = network_twin(self.config, self.config.frameworks[0])
        return self._twin.Session(self.config, self._split, network.build, weights)

    def _begin_epoch(self) -> None:
        epoch = self._step // self._steps
        order = epoch_order(self.config.seed, epoch, len(self._split.inputs))
        first = epoch * self._steps
        self._session.begin_epoch(order, learning_rates(self.config, first, self._steps, self._steps))

    def _seconds(self, count: int) -> float:
        seconds = 0.0
        while count:
            place = self._step % self._steps
            if place == 0 and self._step:
                self._begin_epoch()
            chunk = min(count, self._steps - place)
            begun = time.perf_counter()
            self._session.run(place, chunk)
            seconds += time.perf_counter() - begun
            self._step += chunk
            count -= chunk
        return seconds

    def _calls(self, count: int) -> dict[str, Any]:
        inputs = self._batch()
        self._session.predict(inputs)  # so that they lie on the device
        each = []
        for _ in range(count):
            begun = time.perf_counter()
            self._session.predict(inputs)
            each.append(time.perf_counter() - begun)
        return {"seconds": sum(each), "each": each}

    def _batch(self) -> np.ndarray:
        if not hasattr(self, "_inputs"):
            rows = np.arange(self.config.batch_size) % len(self._split.inputs)
            self._inputs = np.ascontiguousarray(self._split.inputs[rows])
        return self._inputs

    def _epoch(self) -> float:
        seconds = self._seconds(self._steps - self._step % self._steps)
        begun = time.perf_counter()
        self._session.predict(self._split.validation_inputs)
        return seconds + time.perf_counter() - begun

    def _until_good(self) -> dict[str, Any]:
        """Train anew until the metric reaches its target, or as many epochs as the config has."""
        assert self._quality
        metric, target = self._quality["metric"], self._quality["target"]
        self._twin.forget()
        self._session, self._step = self._new_session(), 0
        self._begin_epoch()
        seconds, reached, value = 0.0, False, None
        for _ in range(self.config.epochs):
            seconds += self._epoch()
            outputs = self._session.predict(self._split.validation_inputs)
            found = validation_metrics(self._split.form.task, outputs, self._split.validation_targets)[metric]
            value = found if found is None else float(found)
            reached = value is not None and (value >= target if metric.endswith("accuracy") else value <= target)
            if reached:
                break
        return {"seconds": seconds, "steps": self._step, "reached": reached, "value": value}

    def _evidence(self) -> dict[str, Any]:
        seen = self._session.observed(self._split.validation_inputs)
        digests = seen["digests"] | {"data/validation_targets": digest([self._split.validation_targets])}
        disclosed = seen["disclosed"] | {"machine": system.HOST, "processor": system.processor()}
        told = seen | {"digests": digests, "disclosed": disclosed}
        return asdict(Evidence(parameters=self._session.parameters, loss=0.0, file=None, **told))


def main(framework: str) -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the framework prints
    begun = time.perf_counter()
    twin = importlib.import_module(f"engine.frameworks.train_{framework}")
    told: dict[str, Any] = {"import_seconds": time.perf_counter() - begun, "imported_bytes": system.memory()[0]}
    told["version"] = twin.VERSION
    subjects: dict[int, Subject | UsualSubject] = {}
    while True:
        answers.write(json.dumps(told) + "\n")
        answers.flush()
        line = sys.stdin.readline()
        if not line:
            return
        try:
            told = _answer(twin, subjects, json.loads(line))
        except Exception as error:  # whatever breaks a case is told to the person, and ends the benchmark
            traceback.print_exc()
            lines = str(error).strip().splitlines()
            told = {"error": f"{type(error).__name__}: {lines[0].rstrip('.') if lines else 'no message'}"}


def _answer(twin, subjects: dict[int, Subject | UsualSubject], asked: dict[str, Any]) -> dict[str, Any]:
    number = asked["case"]
    if asked["do"] == "open":
        begun = time.perf_counter()
        config = RunConfig.build(asked["config"])
        usual = asked["loop"] == "usual"
        subjects[number] = (
            UsualSubject(twin, config) if usual else Subject(twin, config, asked["quantity"], asked["quality"])
        )
        return {"build_seconds": time.perf_counter() - begun, **subjects[number].opened()}
    return subjects[number].measure(asked["count"]) | {"peak_bytes": system.memory()[1]}


if __name__ == "__main__":
    main(sys.argv[1])
