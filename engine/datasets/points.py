"""Labelled points in the plane: small, quick, and every decision boundary can be drawn."""

from collections.abc import Callable
from functools import partial

import numpy as np

from engine.datasets.dataset import Dataset, Form, Option, Options, Rows, always, examples_option

DECIMALS = 6  # sine and cosine may differ between machines in the last of 16 digits; rounded, all get the same bytes
SPIRAL_TURNS = 1.5


def moons(seed: int, examples: int, noise: float) -> Rows:
    """Two half circles that reach into each other, centred."""
    generator, classes, share = _begin(seed, 4, examples, 2)
    x, y = np.cos(np.pi * share), np.sin(np.pi * share)
    points = np.stack([np.where(classes == 0, x, 1 - x) - 0.5, np.where(classes == 0, y, 0.5 - y) - 0.25], axis=1)
    return _finish(generator, points, noise), classes


def circles(seed: int, examples: int, noise: float) -> Rows:
    """A circle of radius ½ inside one of radius 1."""
    generator, classes, share = _begin(seed, 5, examples, 2)
    return _finish(generator, _polar(np.where(classes == 0, 1.0, 0.5), share), noise), classes


def spirals(seed: int, examples: int, noise: float) -> Rows:
    """Two spirals of one and a half turns around each other, out to radius 1.1."""
    generator, classes, share = _begin(seed, 6, examples, 2)
    far = np.sqrt(share)  # as many points on the outer part as its length asks for
    return _finish(generator, _polar(0.05 + 1.05 * far, SPIRAL_TURNS * far + classes / 2), noise), classes


def xor(seed: int, examples: int, noise: float) -> Rows:
    """Points of four squares; class 1 where one coordinate alone is positive, before the noise is added."""
    generator, quadrants, _ = _begin(seed, 7, examples, 4)
    signs = np.stack([quadrants // 2, quadrants % 2], axis=1) * 2 - 1
    points = signs * generator.uniform(0.1, 1.0, (examples, 2))
    return _finish(generator, points, noise), ((quadrants == 1) | (quadrants == 2)).astype(np.int64)


def gaussians(seed: int, examples: int, noise: float) -> Rows:
    """Three normal clouds around the corners of a triangle; the noise is their standard deviation."""
    generator, classes, _ = _begin(seed, 8, examples, 3)
    return _finish(generator, _polar(0.8, classes / 3 + 0.25), noise), classes


def _begin(seed: int, stream: int, examples: int, groups: int) -> tuple[np.random.Generator, np.ndarray, np.ndarray]:
    """A generator; the groups in turn, so that they are as equal as can be; and a uniform share 0…1 for each point."""
    generator = np.random.default_rng([seed, stream])
    return generator, np.arange(examples, dtype=np.int64) % groups, generator.uniform(size=examples)


def _polar(radius: np.ndarray | float, turns: np.ndarray) -> np.ndarray:
    return np.stack([radius * np.cos(2 * np.pi * turns), radius * np.sin(2 * np.pi * turns)], axis=1)


def _finish(generator: np.random.Generator, points: np.ndarray, noise: float) -> np.ndarray:
    return np.round(points + noise * generator.standard_normal(points.shape), DECIMALS)


def _form(options: Options, classes: int) -> Form:
    return Form("vector", (2,), "classification", classes, options["examples"])


def _entry(
    name: str, title: str, source: str, make: Callable[..., Rows], noise: float, labels: tuple[str, ...]
) -> Dataset:
    return Dataset(
        name,
        title,
        source,
        partial(_form, classes=len(labels)),
        make,
        {
            "examples": examples_option(1000, 2 * len(labels), 100_000),
            "noise": Option(noise, 0.0, 1.0, "Standard deviation of what is added to both coordinates."),
        },
        labels=always(labels),
        features=always(("x", "y")),
    )


DATASETS = (
    _entry(
        "moons",
        "Two moons",
        "Points are drawn along two half circles that reach into each other, and noise is added.",
        moons,
        0.1,
        ("upper moon", "lower moon"),
    ),
    _entry(
        "circles",
        "Two circles",
        "Points are drawn along two circles, one inside the other, and noise is added.",
        circles,
        0.1,
        ("outer circle", "inner circle"),
    ),
    _entry(
        "spirals",
        "Two spirals",
        "Points are drawn along two spirals, after Lang and Witbrock, Learning to tell two spirals apart, 1988.",
        spirals,
        0.03,
        ("first spiral", "second spiral"),
    ),
    _entry(
        "xor",
        "Exclusive or",
        "Points are drawn from four squares, where opposite ones share a class: the problem with which "
        "Minsky and Papert, Perceptrons, 1969, showed what one layer cannot do.",
        xor,
        0.05,
        ("same signs", "opposite signs"),
    ),
    _entry(
        "gaussians",
        "Three Gaussian clouds",
        "Points are drawn from three normal distributions around the corners of a triangle.",
        gaussians,
        0.3,
        ("first cloud", "second cloud", "third cloud"),
    ),
)
