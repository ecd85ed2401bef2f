"""Regression on drawn numbers: nothing to learn, and a teacher network."""

import numpy as np

from engine.datasets.dataset import Dataset, Form, Option, Options, Rows, examples_option


def normal(seed: int, examples: int) -> Rows:
    """Inputs and targets from the standard normal distribution: nothing to learn, as in a first tutorial."""
    generator = np.random.default_rng([seed, 1])
    return generator.standard_normal((examples, 6)), generator.standard_normal((examples, 1))


def teacher(seed: int, examples: int, noise: float) -> Rows:
    """Standard normal inputs; targets from a random 6→3→1 network with ReLU, plus normal noise.

    The last digits of the targets are those of the processor's matrix product: the one dataset of which two kinds of
    machines may draw different bytes.
    """
    generator = np.random.default_rng([seed, 2])
    inputs = generator.standard_normal((examples, 6))
    hidden = np.maximum(inputs @ generator.standard_normal((6, 3)), 0.0)
    return inputs, hidden @ generator.standard_normal((3, 1)) + noise * generator.standard_normal((examples, 1))


def _form(options: Options) -> Form:
    return Form("vector", (6,), "regression", 1, options["examples"])


DATASETS = (
    Dataset(
        "normal",
        "Random normal numbers",
        "Inputs and targets are drawn from the standard normal distribution, so there is nothing to learn.",
        _form,
        normal,
        {"examples": examples_option(1, 1, 1_000_000)},
    ),
    Dataset(
        "teacher",
        "Teacher network",
        "Normal inputs are labelled by a random network of 6, 3 and 1 units with ReLU, and noise is added.",
        _form,
        teacher,
        {
            "examples": examples_option(1024, 2, 1_000_000),
            "noise": Option(0.1, 0.0, 10.0, "Standard deviation of the noise added to each target."),
        },
    ),
)
