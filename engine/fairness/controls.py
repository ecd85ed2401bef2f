"""The controls of a fair comparison: each holds what both workers saw against what the config asks for, in NumPy.

A control gives its verdict and its evidence, which is worded to stand after "because".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Literal

import numpy as np

from engine.charts.words import NAMES
from engine.config import RunConfig
from engine.datasets.split import Split, prepare
from engine.events import Evidence
from engine.fairness import first_steps
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.evidence import digest
from engine.fairness.first_steps import Arrays
from engine.fairness.weights import initial_weights, shapes
from engine.networks.catalogue import parameters

Verdict = Literal["pass", "fail", "not checked"]
Found = tuple[Verdict, str]
ROWS_AT_A_TIME = 4096


@dataclass(frozen=True)
class Case:
    """A run of which both sides have told what they saw; `spans` are when each side's processes trained."""

    config: RunConfig
    seen: Mapping[str, Evidence]
    arrays: Mapping[str, Arrays]
    spans: Mapping[str, tuple[tuple[float, float], ...]]

    @cached_property
    def split(self) -> Split:
        """Raises DatasetError where the data cannot be had any more."""
        return prepare(self.config)

    @property
    def matched(self) -> bool:
        return self.config.policy == "matched"

    def each(self, what: str, expected: Mapping[str, object], observed: Mapping[str, object]) -> Found:
        """Whether every side's value is the one that the config asks for, and both are the same."""
        wrong = [name for name in observed if observed[name] != expected[name]]
        if wrong:
            told = (f"{what} of {NAMES[name]} is {observed[name]} and should be {expected[name]}" for name in wrong)
            return "fail", ", ".join(told)
        if len({str(value) for value in observed.values()}) > 1:
            told = (f"{observed[name]} for {NAMES[name]}" for name in observed)
            return "fail", f"{what} is {' and '.join(told)}"
        return "pass", f"{what} is {next(iter(observed.values()))} on both sides, as expected"


def dtype(seen: Evidence) -> np.dtype:
    """The type that a side computes in; float32 stands for one that NumPy does not know."""
    return np.dtype(seen.dtype if seen.dtype in ("float16", "float32", "float64") else "float32")


def _short(values: tuple) -> str:
    return ", ".join(f"{value:g}" for value in values[:4]) + (", …" if len(values) > 4 else "")


# Curves


def _initial_weights(case: Case) -> Found:
    if not case.matched:
        return "fail", "the defaults policy lets each framework draw its own initial weights"
    drawn = initial_weights(case.config)
    for name, seen in case.seen.items():
        found = {
            key.removeprefix("weights/"): value for key, value in seen.digests.items() if key.startswith("weights/")
        }
        expected = {key: digest([value.astype(dtype(seen))]) for key, value in drawn.items()}
        wrong = [key for key in expected if found.get(key) != expected[key]]
        if wrong or found.keys() != expected.keys():
            key = wrong[0] if wrong else next(iter(found.keys() - expected.keys()))
            digests = f"{key}: digest {found.get(key, 'none')[:8]}, expected {expected.get(key, 'none')[:8]}"
            told = f"{len(wrong)} of {len(expected)} initial weights of {NAMES[name]}"
            return "fail", f"{told} are not those that seed {case.config.seed} draws ({digests})"
    key = next(iter(expected))
    shown = f"{key}: digest {expected[key][:8]}"
    return "pass", f"both sides began with the {len(expected)} weights that seed {case.config.seed} draws ({shown})"


def _data(case: Case) -> Found:
    for name, seen in case.seen.items():
        for part in ("inputs", "targets", "validation_inputs", "validation_targets"):
            values: np.ndarray = getattr(case.split, part)
            kind = np.dtype(np.int64) if values.dtype.kind == "i" else dtype(seen)
            kind = values.dtype if part == "validation_targets" else kind  # the judge takes them as they are
            starts = range(0, max(1, len(values)), ROWS_AT_A_TIME)
            expected = digest(values[start : start + ROWS_AT_A_TIME].astype(kind) for start in starts)
            found = seen.digests.get(f"data/{part}", "none")
            if found != expected:
                told = f"the {_title(part)} of {NAMES[name]} are not those that the config makes"
                return "fail", f"{told} (digest {found[:8]}, expected {expected[:8]})"
    examples = f"{len(case.split.inputs):,} training and {len(case.split.validation_inputs):,} validation examples"
    return "pass", f"both sides hold the same {examples}, to the last bit (targets: digest {found[:8]})"


def _title(part: str) -> str:
    return part.replace("_", " ") if part.startswith("validation") else f"training {part}"


def _batch_order(case: Case) -> Found:
    order = epoch_order(case.config.seed, 0, len(case.split.inputs))
    expected = tuple(order[: 3 * case.config.batch_size].tolist())
    for name, seen in case.seen.items():
        found = tuple(seen.rows)
        if found != expected:
            pairs = enumerate(zip_longest(found, expected))
            place, (got, due) = next((place, pair) for place, pair in pairs if pair[0] != pair[1])
            told = f"the first three batches of {NAMES[name]} have at place {place} row {got} where {due} is due"
            return "fail", told.replace("None", "none")
    return "pass", f"the first batches have rows {_short(expected)} on both sides, as expected"


def _learning_rate(case: Case) -> Found:
    steps = steps_per_epoch(len(case.split.inputs), case.config.batch_size)
    expected = learning_rates(case.config, 0, steps, steps)[:3]
    for name, seen in case.seen.items():
        found = np.array(seen.learning_rates)
        if found.shape != expected.shape or not np.allclose(found, expected, rtol=1e-12, atol=0):
            rates = f"{_short(seen.learning_rates)} where {_short(tuple(expected))} are due"
            return "fail", f"the first learning rates of {NAMES[name]} are {rates}"
    return "pass", f"the first learning rates are {_short(tuple(expected))} on both sides, as expected"


def _loss(case: Case) -> Found:
    if not case.matched:
        return "not checked", "the sides begin with different weights, so their first losses say nothing"
    types = {name: dtype(seen) for name, seen in case.seen.items()}
    losses = {name: seen.loss for name, seen in case.seen.items()}
    return first_steps.loss(case.config, case.split, losses, types)


def _gradients(case: Case) -> Found:
    if not case.matched:
        return "not checked", "the sides begin with different weights, so their first gradients say nothing"
    return first_steps.gradients(case.config, case.split, case.arrays)


def _first_update(case: Case) -> Found:
    if not case.matched:
        return "not checked", "in the defaults policy each framework takes its own kind of step"
    steps = steps_per_epoch(len(case.split.inputs), case.config.batch_size)
    rate = float(learning_rates(case.config, 0, 1, steps)[0])
    return first_steps.update(case.config, case.arrays, rate)


def _equation(case: Case) -> Found:
    if not case.matched:
        return "fail", f"the defaults policy gives each framework its own equation of {case.config.optimizer}"
    return first_steps.equation(case.config, case.arrays)


# Speed


def _device(case: Case) -> Found:
    expected = case.config.device.model_dump()
    return case.each("the device", expected, {name: seen.device for name, seen in case.seen.items()})


def _precision(case: Case) -> Found:
    expected = dict.fromkeys(case.seen, case.config.precision)
    return case.each("the type of the weights", expected, {name: seen.dtype for name, seen in case.seen.items()})


def _tf32(case: Case) -> Found:
    found = {name: set(seen.tf32.values()) for name, seen in case.seen.items()}
    if case.matched:
        observed = {name: "on" if True in values else "off" for name, values in found.items()}
        return case.each("TF32", dict.fromkeys(case.seen, "off"), observed)
    if all(seen.device == "cpu" for seen in case.seen.values()):
        return "pass", "both sides compute on a CPU, which has no TF32"
    if len(set(map(frozenset, found.values()))) > 1:
        told = ", ".join(f"{NAMES[name]} {_switches(seen.tf32)}" for name, seen in case.seen.items())
        return "fail", f"the defaults policy leaves TF32 to each framework: {told}"
    return "pass", "TF32 is the same on both sides"


def _switches(tf32: Mapping[str, bool]) -> str:
    return " and ".join(f"{'on' if on else 'off'} for {name}" for name, on in tf32.items())


def _threads(case: Case) -> Found:
    wrong = [
        f"{NAMES[name]} computes with {count} {'thread' if count == 1 else 'threads'} {where}"
        for name, seen in case.seen.items()
        for where, count in seen.threads.items()
        if count != case.config.threads
    ]
    if wrong:
        return "fail", f"{' and '.join(wrong)} where {case.config.threads} should be"
    return "pass", f"the number of threads is {case.config.threads} on both sides, as expected"


def _machine(case: Case) -> Found:
    machines = {
        name: (seen.disclosed.get("machine", ""), seen.disclosed.get("processor", ""))
        for name, seen in case.seen.items()
    }
    if len(set(machines.values())) > 1:
        told = (f"{NAMES[name]} on {processor} ({host[:8]})" for name, (host, processor) in machines.items())
        return "fail", f"the sides trained on two machines: {', '.join(told)}"
    return "pass", f"both sides trained on the same machine ({next(iter(machines.values()))[1]})"


def _batch_size(case: Case) -> Found:
    expected = dict.fromkeys(case.seen, case.config.batch_size)
    return case.each("the batch size", expected, {name: seen.batch_size for name, seen in case.seen.items()})


def _parameter_count(case: Case) -> Found:
    expected = dict.fromkeys(case.seen, f"{parameters(shapes(case.config)):,}")
    return case.each("the number of parameters", expected, {n: f"{seen.parameters:,}" for n, seen in case.seen.items()})


def _alone(case: Case) -> Found:
    first, second = case.spans.values()
    if case.config.concurrency == "race":
        return "fail", "both sides trained at the same time"
    if any(begin < other_end and other_begin < end for begin, end in first for other_begin, other_end in second):
        return "fail", "both sides trained at the same time, although the config asks for one after the other"
    if not (first and second):
        return "not checked", "a side has not ended yet"
    return "pass", "the sides trained one after the other"


# Name, the claims it guards, and what looks. One that is held against the data needs the dataset.
CONTROLS: tuple[tuple[str, tuple[str, ...], Callable[[Case], Found]], ...] = (
    ("Initial weights", ("curves",), _initial_weights),
    ("Data bytes", ("curves", "speed"), _data),
    ("Batch order", ("curves",), _batch_order),
    ("Loss at step 0", ("curves",), _loss),
    ("Gradients at step 0", ("curves",), _gradients),
    ("Learning rate", ("curves",), _learning_rate),
    ("First weight update", ("curves",), _first_update),
    ("Optimizer equation", ("curves",), _equation),
    ("Device", ("speed",), _device),
    ("Precision", ("speed",), _precision),
    ("TF32", ("speed",), _tf32),
    ("Threads", ("speed",), _threads),
    ("Machine", ("speed",), _machine),
    ("Batch size", ("speed",), _batch_size),
    ("Parameter count", ("speed",), _parameter_count),
    ("One at a time", ("speed",), _alone),
)
