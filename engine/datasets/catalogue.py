"""Which datasets there are, what each offers to be set, and how to make one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

Rows = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Option:
    """One number a person may choose about a dataset, with its limits; a float default allows fractions."""

    default: int | float
    low: int | float
    high: int | float
    help: str


@dataclass(frozen=True)
class Dataset:
    """`make(seed, **options)` returns inputs (examples, features) and targets: float64 columns or int64 classes.

    `examples` is how many there are; None where the option of that name says it.
    """

    name: str
    title: str
    task: str  # "classification" or "regression"
    inputs: int
    outputs: int
    make: Callable[..., Rows]
    options: Mapping[str, Option] = field(default_factory=dict)
    examples: int | None = None

    def count(self, options: Mapping[str, int | float]) -> int:
        """Number of examples with these options."""
        return int(options["examples"]) if self.examples is None else self.examples


def training_examples(examples: int, train_fraction: float) -> int:
    """How many of the examples train, at least one; the others validate."""
    return max(1, round(train_fraction * examples))


def digits(seed: int) -> Rows:
    """1,797 handwritten digits of 8×8 pixels, scaled to 0…1 (scikit-learn; UCI, Alpaydin and Kaynak 1998)."""
    from sklearn.datasets import load_digits  # half a second that only its users should pay

    inputs, targets = load_digits(return_X_y=True)
    return inputs / 16.0, targets.astype(np.int64)


def normal(seed: int, examples: int) -> Rows:
    """Inputs and targets from the standard normal distribution: nothing to learn, as in a first tutorial."""
    generator = np.random.default_rng([seed, 1])
    return generator.standard_normal((examples, 6)), generator.standard_normal((examples, 1))


def teacher(seed: int, examples: int, noise: float) -> Rows:
    """Standard normal inputs; targets from a random 6→3→1 network with ReLU, plus normal noise."""
    generator = np.random.default_rng([seed, 2])
    inputs = generator.standard_normal((examples, 6))
    hidden = np.maximum(inputs @ generator.standard_normal((6, 3)), 0.0)
    return inputs, hidden @ generator.standard_normal((3, 1)) + noise * generator.standard_normal((examples, 1))


EXAMPLES = "Number of examples, before the split into training and validation."
DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset("digits", "Handwritten digits, 8×8", "classification", 64, 10, digits, examples=1797),
        Dataset(
            "normal",
            "Random normal numbers",
            "regression",
            6,
            1,
            normal,
            {"examples": Option(1, 1, 1_000_000, EXAMPLES)},
        ),
        Dataset(
            "teacher",
            "Teacher network",
            "regression",
            6,
            1,
            teacher,
            {
                "examples": Option(1024, 2, 1_000_000, EXAMPLES),
                "noise": Option(0.1, 0.0, 10.0, "Standard deviation of the noise added to each target."),
            },
        ),
    )
}
