"""The process in which cases of one framework are measured: `python -m engine.bench.subject FRAMEWORK`.

Each line of standard input is one request as JSON, each line of standard output its answer. The process sleeps while
it waits, and ends when its input does.
"""

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from engine import system
from engine.bench import floor
from engine.bench.benchmark import left_out
from engine.bench.rows import ROWS, WHOLE, whole_batches
from engine.config import RunConfig
from engine.datasets.split import Split, prepare
from engine.events import Evidence
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.evidence import digest
from engine.fairness.judge import validation_metrics
from engine.session import Session, new_session
from engine.twins import network_twin

STRETCH = 1000  # steps that are trained on end
MOST_ROWS = 96


class UsualLoop:
    """One case in the loop that people write first, which trains whole epochs."""

    def __init__(self, twin, config: RunConfig):
        """Raises ValueError for a config of which that loop would leave something out."""
        if lacking := left_out(config):
            raise ValueError(f"the loop that people write first has no {lacking}")
        framework = config.frameworks[0]
        twin.configure(config)
        split = prepare(config)
        self._split = whole_batches(split, config.batch_size)
        self._cut = len(self._split.inputs) < len(split.inputs)
        self._steps = steps_per_epoch(len(self._split.inputs), config.batch_size)
        loop = importlib.import_module(f"engine.frameworks.usual_{framework}")
        self._loop = loop.Usual(config, self._split, network_twin(config, framework).build)

    def opened(self) -> dict[str, Any]:
        """Train the first epoch: such a loop gives nothing back before, so it has no first step to be told of."""
        begun = time.perf_counter()
        self._loop.epochs(1)
        told = {"first_seconds": None, "first_epoch_seconds": time.perf_counter() - begun, **peaks(self)}
        seen = self._loop.observed(self._split.validation_inputs)
        evidence = {"parameters": seen["parameters"], "evidence": _evidence(seen, self._split, self._cut)}
        return told | evidence | {"multiple": self._steps}

    def measure(self, count: int, round_: int, keep: int) -> dict[str, Any]:
        """Seconds of so many steps, a multiple of an epoch's, from the network's beginning on, as OwnLoop has it."""
        seconds, left, at_once = 0.0, count // self._steps, max(1, STRETCH // self._steps)
        while left:
            self._loop.begin_again()
            begun = time.perf_counter()
            self._loop.epochs(min(left, at_once))
            seconds += time.perf_counter() - begun
            left -= min(left, at_once)
        return {"seconds": seconds}

    def device_memory(self) -> int | None:
        """Peak bytes allocated on the GPU; None on other devices."""
        return self._loop.device_memory()


class OwnLoop:
    """One case in the engine's loop, ready: `measure` does so many of its steps, calls or epochs and times them."""

    def __init__(self, twin, config: RunConfig, quantity: str, quality: dict[str, Any] | None):
        self.config = self._asked = config
        self._twin, self._quantity, self._quality = twin, quantity, quality
        split = prepare(config)
        self._split: Split = whole_batches(split, config.batch_size) if quantity == "training_step" else split
        self._cut = len(self._split.inputs) < len(split.inputs)
        self._steps = steps_per_epoch(len(self._split.inputs), config.batch_size)
        self._step = 0
        self._session = self._new_session()
        self._kept: dict[str, np.ndarray] = {}  # the session after its first two steps
        self._answer = self._session.answering(self._batch()) if quantity == "inference" else None

    def opened(self) -> dict[str, Any]:
        """Do the first two steps, or calls, each timed by itself, and say what was found."""
        self._begin_epoch()
        calls = self._quantity == "inference"
        first, second = (self._calls(1, 0)["seconds"] if calls else self._seconds(1) for _ in range(2))
        peak = peaks(self)  # before what is done to tell of it
        self._kept = {} if calls else self._session.state()
        if self._quantity == "epoch":
            self._return(self._steps)
            self._epoch()  # validation is traced at its first time
        gathering = [] if calls else self._gathering()
        return {
            "first_seconds": first,
            "second_seconds": second,
            "input_seconds": min(gathering, default=None),
            "gathering": gathering,
            "parameters": self._session.parameters,
            **peak,
            "evidence": self._evidence(),
        }

    def _gathering(self) -> list[float]:
        """Seconds of a step for taking its batch alone, three times; none where no batch is whole."""
        whole = len(self._split.inputs) // self.config.batch_size
        self._return(0)
        taken = []
        for _ in range(3 if whole else 0):
            begun = time.perf_counter()
            self._session.gather(0, whole)
            taken.append((time.perf_counter() - begun) / whole)
        return taken

    def measure(self, count: int, round_: int, keep: int) -> dict[str, Any]:
        """Seconds of so many steps, calls or epochs, synchronised before and after, in that round.

        Of calls, up to `keep` are told one by one.
        """
        match self._quantity:
            case "inference":
                return self._calls(count, keep)
            case "epoch":
                seconds = self._from(self._steps, count, max(1, STRETCH // self._steps), self._epochs)
                return {"seconds": seconds, "steps": count * self._steps}
            case "time_to_quality":
                return self._until_good(round_)
        return {"seconds": self._from(2, count, STRETCH, self._seconds)}

    def _from(self, step: int, count: int, at_once: int, timed: Callable[[int], float]) -> float:
        """Seconds of `count` steps or epochs from `step` on, back to which it goes after `at_once` of them."""
        seconds, left = 0.0, count
        while left:
            self._return(step)
            seconds += timed(min(left, at_once))
            left -= min(left, at_once)
        return seconds

    def device_memory(self) -> int | None:
        """Peak bytes allocated on the GPU; None on other devices."""
        return self._session.device_memory()

    def floor(self) -> dict[str, Any]:
        """What no step of it can be faster than."""
        limits = importlib.import_module(f"engine.frameworks.limits_{self.config.frameworks[0]}")
        self._return(2 if self._steps > 2 else 0)
        return floor.measured(limits, self.config, self._session)

    def _return(self, step: int) -> None:
        """Go back to where the first two steps led, not timed, so that every block trains the same steps.

        A network that trains on and on fills Adam's averages with subnormal numbers, which PyTorch computes slowly and
        TensorFlow rounds to zero: see docs/benchmarks.md.
        """
        self._session.restore(self._kept)
        self._step = step
        if step % self._steps or not step:
            self._begin_epoch()

    def _new_session(self) -> Session:
        network = network_twin(self.config, self.config.frameworks[0])
        return new_session(self.config, self._split, self._twin, network)

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

    def _calls(self, count: int, keep: int) -> dict[str, Any]:
        """Seconds of all calls, and of up to `keep` of them, from the first to the last, each by itself."""
        assert self._answer
        each = []
        for _ in range(count):
            begun = time.perf_counter()
            self._answer()
            each.append(time.perf_counter() - begun)
        places = np.linspace(0, count - 1, min(count, keep)).round().astype(int)
        return {"seconds": sum(each), "each": [round(each[place], 9) for place in places]}

    def _batch(self) -> np.ndarray:
        rows = np.arange(self.config.batch_size) % len(self._split.inputs)
        return np.ascontiguousarray(self._split.inputs[rows])

    def _epochs(self, count: int) -> float:
        return sum(self._epoch()[0] for _ in range(count))

    def _epoch(self) -> tuple[float, dict[str, float | None]]:
        """Seconds of one whole epoch, its order of rows and its validation included, and what that found."""
        begun = time.perf_counter()
        self._begin_epoch()
        self._session.run(0, self._steps)
        outputs = self._session.predict(self._split.validation_inputs)
        found = validation_metrics(self._split.form.task, outputs, self._split.validation_targets)
        self._step += self._steps
        return time.perf_counter() - begun, found

    def _until_good(self, round_: int) -> dict[str, Any]:
        """Train anew until the metric reaches its target, or as many epochs as the config has.

        Each round has a seed of its own, the same for every case; the data stay those of the config's seed.
        What was compiled for the last one is dropped: each is a training from the beginning, in both frameworks.
        """
        assert self._quality
        metric, target = self._quality["metric"], self._quality["target"]
        self.config = self._asked.model_copy(update={"seed": (self._asked.seed + round_) % 2**32})
        self._session.close()
        self._twin.forget()
        self._session, self._step = self._new_session(), 0
        seconds, reached, value = 0.0, False, None
        for _ in range(self.config.epochs):
            taken, found = self._epoch()
            seconds, value = seconds + taken, found[metric]
            reached = value is not None and (value >= target if metric.endswith("accuracy") else value <= target)
            if reached:
                break
        return {"seconds": seconds, "steps": self._step, "reached": reached, "value": value}

    def _evidence(self) -> dict[str, Any]:
        seen = self._session.observed(self._split.validation_inputs)
        return _evidence(seen | {"parameters": self._session.parameters}, self._split, self._cut)


Loop = OwnLoop | UsualLoop


def peaks(loop: Loop) -> dict[str, int]:
    """Peak memory so far: of the whole process, and on a GPU of what it allocated there."""
    on_device = loop.device_memory()
    return {"peak_bytes": system.memory()[1]} | ({} if on_device is None else {"device_peak_bytes": on_device})


def _evidence(seen: dict[str, Any], split: Split, cut: bool) -> dict[str, Any]:
    """What the framework said of itself, as a certificate asks for it.

    Of the rows of the first batches only a few are kept: they guard no speed, and may be many.
    """
    digests = seen["digests"] | {"data/validation_targets": digest([split.validation_targets])}
    disclosed = seen["disclosed"] | {"machine": system.HOST, "processor": system.processor()}
    disclosed |= {ROWS: WHOLE} if cut else {}
    told = seen | {"digests": digests, "disclosed": disclosed, "rows": seen["rows"][:MOST_ROWS]}
    return asdict(Evidence(**told | {"loss": 0.0, "file": None}))


def main(framework: str) -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the framework prints
    begun = time.perf_counter()
    twin = importlib.import_module(f"engine.frameworks.train_{framework}")
    told: dict[str, Any] = {"import_seconds": time.perf_counter() - begun, "imported_bytes": system.memory()[0]}
    told["version"] = twin.VERSION
    cases: dict[int, Loop] = {}
    while True:
        answers.write(json.dumps(told) + "\n")
        answers.flush()
        line = sys.stdin.readline()
        if not line:
            return
        try:
            told = _answer(twin, cases, json.loads(line))
        except Exception as error:  # whatever breaks a case is told to the person, and that case alone is lost
            traceback.print_exc()
            lines = str(error).strip().splitlines()
            told = {"error": f"{type(error).__name__}: {lines[0].rstrip('.') if lines else 'no message'}"}


def _answer(twin, cases: dict[int, Loop], asked: dict[str, Any]) -> dict[str, Any]:
    case = asked["case"]
    if asked["do"] == "open":
        begun = time.perf_counter()
        config = RunConfig.build(asked["config"])
        usual = asked["loop"] == "usual"
        cases[case] = UsualLoop(twin, config) if usual else OwnLoop(twin, config, asked["quantity"], asked["quality"])
        return {"build_seconds": time.perf_counter() - begun, **cases[case].opened()}
    loop = cases[case]
    if asked["do"] == "floor" and isinstance(loop, OwnLoop):
        return loop.floor()
    return loop.measure(asked["count"], asked["round"], asked["keep"]) | peaks(loop)


if __name__ == "__main__":
    main(sys.argv[1])
