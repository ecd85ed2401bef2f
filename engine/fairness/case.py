"""A run about which the controls of a fair comparison ask, and what a control answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from engine.config import NAMES, RunConfig
from engine.datasets.split import Split, prepare
from engine.events import Event, Evidence, StepSeen
from engine.fairness.evidence import Arrays

Verdict = Literal["pass", "fail", "not checked"]
Found = tuple[Verdict, str]


@dataclass(frozen=True)
class Case:
    """A run of which both sides have told what they saw; `spans` are when each side's processes trained.

    `told` is what else of a side's log matters: what it saw of later epochs, its last words and, with early stopping,
    its validation after each epoch. `later` has by step what it recorded of its later steps.
    """

    config: RunConfig
    seen: Mapping[str, Evidence]
    arrays: Mapping[str, Arrays]
    spans: Mapping[str, tuple[tuple[float, float], ...]]
    told: Mapping[str, list[Event]]
    later: Mapping[str, Mapping[int, tuple[StepSeen, Arrays]]] = field(default_factory=dict)

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
