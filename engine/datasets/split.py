"""One dataset, made, split and scaled for one config."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.config import RunConfig
from engine.datasets.catalogue import DATASETS, Form, training_examples
from engine.datasets.scaling import standardise

MOST_ROWS, MOST_NUMBERS, TOKEN_NUMBERS = 4096, 2**18, 64


@dataclass(frozen=True)
class Split:
    """Training and validation rows, as Dataset describes them, scaled.

    `stratified` says whether both parts have the classes in the shares of the whole. A target of `target_deviation`
    1 and `target_mean` 0 was not scaled; else a target in its own units is value · target_deviation + target_mean.
    """

    form: Form
    inputs: np.ndarray
    targets: np.ndarray
    validation_inputs: np.ndarray
    validation_targets: np.ndarray
    stratified: bool
    target_mean: float = 0.0
    target_deviation: float = 1.0


def rows_at_a_time(inputs: np.ndarray) -> int:
    """How many of inputs (examples, …) a network is given at once outside of training: what bounds its memory.

    4,096, and fewer where an example has many numbers, or tokens, each of which becomes as many as the width has.
    """
    numbers = inputs[0].size if len(inputs) else 1
    return max(1, min(MOST_ROWS, MOST_NUMBERS // (numbers * TOKEN_NUMBERS if inputs.dtype.kind == "i" else numbers)))


def prepare(config: RunConfig) -> Split:
    """What a config trains on, as its network is given it: images flat for a network of vectors, and so on."""
    split = load(config.dataset, config.dataset_options, config.seed, config.train_fraction)
    form = config.form
    inputs = split.inputs.reshape(-1, *form.shape)
    validation_inputs = split.validation_inputs.reshape(-1, *form.shape)
    split = replace(split, form=form, inputs=inputs, validation_inputs=validation_inputs)
    if config.network_entry.reconstructs:
        split = replace(split, targets=inputs, validation_targets=validation_inputs)
    return split


def load(name: str, options: Mapping[str, Any], seed: int, train_fraction: float) -> Split:
    """The dataset `name`, shuffled by `seed`; round(train_fraction · examples), at least one, train.

    Classes of one label an example are split in their shares, each class on both sides, where that can be: where every
    class has two examples and both sides have room for all classes. Otherwise, and for regression and characters, the
    split is by chance alone. Scaling is decided by the training rows. Raises DatasetError.
    """
    dataset = DATASETS[name]
    form, scaling = dataset.form(options), dataset.scaling(options)
    inputs, targets = dataset.make(seed, **options)
    order = np.random.default_rng([seed, 3]).permutation(len(inputs))
    training = training_examples(len(inputs), train_fraction)
    trains = np.arange(len(order)) < training
    by_class = form.task == "classification" and targets.ndim == 1
    counts = _training_counts(np.bincount(targets), training) if by_class else None
    if counts is not None:
        trains = _rank_in_class(targets[order]) < counts[targets[order]]
    first, rest = order[trains], order[~trains]
    standardise(inputs, scaling.columns, first)
    mean, deviation = standardise(targets, range(1), first) if scaling.targets else (0.0, 1.0)
    parts = (inputs[first], targets[first], inputs[rest], targets[rest])
    return Split(form, *parts, counts is not None, mean, deviation)


def _training_counts(sizes: np.ndarray, training: int) -> np.ndarray | None:
    """How many examples of each class train, given the classes' sizes; None where not every class fits on both sides.

    Whole numbers nearest to the shares (largest remainders), at least one of each class on both sides.
    """
    examples, classes = int(sizes.sum()), np.count_nonzero(sizes)
    if sizes[sizes > 0].min() < 2 or not classes <= training <= examples - classes:
        return None
    low, high = np.minimum(sizes, 1), np.maximum(sizes - 1, 0)
    counts = np.clip(training * sizes // examples, low, high)
    while (missing := training - counts.sum()) != 0:
        lack = training * sizes - counts * examples  # whole numbers: the same on every machine
        if missing > 0:
            counts[np.argmax(np.where(counts < high, lack, lack.min() - 1))] += 1
        else:
            counts[np.argmin(np.where(counts > low, lack, lack.max() + 1))] -= 1
    return counts


def _rank_in_class(classes: np.ndarray) -> np.ndarray:
    """How many rows of the same class come before each row."""
    by_class = np.argsort(classes, kind="stable")
    sizes = np.bincount(classes)
    rank = np.empty_like(by_class)
    rank[by_class] = np.arange(len(classes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return rank
