"""What a dataset is: its form, its options, and the function that makes its rows."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Rows = tuple[np.ndarray, np.ndarray]
Options = Mapping[str, Any]


class DatasetError(ValueError):
    """A dataset that cannot be had or used: one sentence that says why, and what to do."""


@dataclass(frozen=True)
class Option:
    """One thing a person may choose about a dataset or a network.

    A number lies between `low` and `high`, and a float default allows fractions; a choice is one of `choices`; for a
    text, for a list of texts ("texts") or of whole numbers ("numbers") the two limit the length.
    """

    default: int | float | str | tuple[str, ...] | tuple[int, ...]
    low: int | float = 0
    high: int | float = 0
    help: str = ""
    choices: tuple[str, ...] = ()
    kind: Literal["number", "choice", "text", "texts", "numbers"] = "number"

    def accepts(self, value: object) -> bool:
        """Whether `value` is allowed; the one place that knows."""
        if self.kind == "choice":
            return value in self.choices
        if self.kind == "number":
            whole = isinstance(self.default, float) or isinstance(value, int)
            return whole and _is_number(value) and self.low <= value <= self.high  # type: ignore[operator]
        if self.kind == "text":
            return isinstance(value, str) and self.low <= len(value) <= self.high
        kind = str if self.kind == "texts" else int
        fits = isinstance(value, list | tuple) and self.low <= len(value) <= self.high
        return fits and all(isinstance(part, kind) and not isinstance(part, bool) for part in value)  # type: ignore

    def allowed(self) -> str:
        """What `accepts` accepts, in words."""
        if self.kind == "choice":
            return ", ".join(self.choices)
        if self.kind == "number":
            kind = "a number" if isinstance(self.default, float) else "a whole number"
            return f"{kind}, at least {self.low:,} and at most {self.high:,}"
        limits = f"of at least {self.low:,} and at most {self.high:,}"
        if self.kind == "text":
            return f"a text {limits} characters"
        return f"a list {limits} {'texts' if self.kind == 'texts' else 'whole numbers'}"


def _is_number(value: object) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)  # which may be too large for a float
    return whole or (isinstance(value, float) and math.isfinite(value))


@dataclass(frozen=True)
class Form:
    """What a network must fit.

    `shape` is of one example: (features,), (channels, height, width), (time, features), or (time,) for characters.
    `outputs` counts the classes, the target columns, or the characters of the vocabulary.
    """

    kind: Literal["vector", "image", "sequence", "characters"]
    shape: tuple[int, ...]
    task: Literal["classification", "regression"]
    outputs: int
    examples: int

    @property
    def inputs(self) -> int | tuple[int, ...]:
        """What a network is told of its inputs: how many, or, where they have more than one axis, the shape."""
        return self.shape[0] if len(self.shape) == 1 else self.shape


@dataclass(frozen=True)
class Scaling:
    """What load brings to mean 0 and standard deviation 1: columns of vector inputs, and the targets or not."""

    columns: tuple[int, ...] = ()
    targets: bool = False


def always(value: Any) -> Callable[[Options], Any]:
    """The same value whatever the options are."""
    return lambda options: value


NONE = always(())
UNSCALED = always(Scaling())
ALWAYS_THERE = always("")


@dataclass(frozen=True)
class Dataset:
    """A dataset; every function takes the complete options, and none but `make` reads or draws anything.

    `make(seed, **options)` returns inputs and targets, the same bytes wherever it runs: inputs are float64
    (examples, *shape), or int64 tokens (examples, time); targets int64 classes (examples,), int64 next characters
    (examples, time) or float64 (examples, outputs). They are raw: `load` splits and then scales them as `scaling` says,
    so that validation rows never decide how training rows look. It raises DatasetError.

    `labels` names the classes and is empty for regression; `features` names the columns, where they have names.
    `absent` is one sentence where a file that it needs is not there, and `download` gets those that are published.
    """

    name: str
    title: str
    source: str  # one sentence: where it comes from
    form: Callable[[Options], Form]
    make: Callable[..., Rows]
    options: Mapping[str, Option] = field(default_factory=dict)
    labels: Callable[[Options], tuple[str, ...]] = NONE
    features: Callable[[Options], tuple[str, ...]] = NONE
    scaling: Callable[[Options], Scaling] = UNSCALED
    absent: Callable[[Options], str] = ALWAYS_THERE
    download: Callable[..., Any] | None = None  # takes engine.datasets.download.Tell


def examples_option(default: int, low: int, high: int) -> Option:
    """The option that says how many examples there are."""
    return Option(default, low, high, "Number of examples, before the split into training and validation.")


def training_examples(examples: int, train_fraction: float) -> int:
    """How many of the examples train, at least one; the others validate."""
    return max(1, round(train_fraction * examples))
