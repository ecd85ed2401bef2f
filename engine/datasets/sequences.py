"""Sequences that are drawn: a sine among noise, and the adding problem."""

import numpy as np

from engine.datasets.dataset import Dataset, Form, Option, Options, Rows, always, examples_option
from engine.datasets.points import DECIMALS


def sine(seed: int, examples: int, length: int, noise: float) -> Rows:
    """Sequences (examples, length, 1): noise (class 0), or a sine of amplitude 1 plus normal noise (class 1).

    Each sine has a random phase and between one period and one in eight steps. Noise alone has the variance of both
    together, ½ + noise², so that only the order of the values tells the classes apart.
    """
    generator = np.random.default_rng([seed, 9])
    classes = np.arange(examples, dtype=np.int64) % 2
    periods = generator.uniform(1, length / 8, (examples, 1))
    phase = generator.uniform(size=(examples, 1))
    wave = np.sin(2 * np.pi * (periods * np.arange(length) / length + phase))
    drawn = generator.standard_normal((examples, length))
    values = np.where(classes[:, np.newaxis] == 1, wave + noise * drawn, np.sqrt(0.5 + noise**2) * drawn)
    return np.round(values, DECIMALS)[:, :, np.newaxis], classes


def adding(seed: int, examples: int, length: int) -> Rows:
    """Sequences (examples, length, 2) of values 0…1 and of marks; the target is the sum of the two marked values.

    One mark is in the first half, one in the second. Whoever always answers 1 has a mean squared error of 1/6.
    """
    generator = np.random.default_rng([seed, 10])
    values = generator.uniform(size=(examples, length))
    marks = np.zeros_like(values)
    rows = np.arange(examples)
    marks[rows, generator.integers(0, length // 2, examples)] = 1
    marks[rows, generator.integers(length // 2, length, examples)] = 1
    return np.stack([values, marks], axis=2), np.sum(values * marks, axis=1, keepdims=True)


def _length(default: int, low: int) -> Option:
    return Option(default, low, 1000, "Number of steps in each sequence.")


def _sine_form(options: Options) -> Form:
    return Form("sequence", (options["length"], 1), "classification", 2, options["examples"])


def _adding_form(options: Options) -> Form:
    return Form("sequence", (options["length"], 2), "regression", 1, options["examples"])


DATASETS = (
    Dataset(
        "sine",
        "Sine or noise",
        "Half of the sequences are a noisy sine of random frequency and phase, half are noise of the same variance.",
        _sine_form,
        sine,
        {
            "examples": examples_option(1000, 4, 50_000),
            "length": _length(64, 16),
            "noise": Option(0.5, 0.0, 10.0, "Standard deviation of the noise on each sine, whose amplitude is 1."),
        },
        labels=always(("noise", "sine")),
        features=always(("value",)),
    ),
    Dataset(
        "adding",
        "Adding problem",
        "The task of Hochreiter and Schmidhuber, Long short-term memory, 1997, with values 0…1, marks 0 and 1, and "
        "sequences of one length.",
        _adding_form,
        adding,
        {"examples": examples_option(2000, 2, 50_000), "length": _length(50, 2)},
        features=always(("value", "mark")),
    ),
)
