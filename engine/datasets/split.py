"""One dataset, made and split for one config."""

from dataclasses import dataclass

import numpy as np

from engine.datasets.catalogue import DATASETS, training_examples


@dataclass(frozen=True)
class Split:
    """Inputs (examples, features) float64; targets (examples, outputs) float64 or (examples,) int64 classes."""

    task: str
    outputs: int
    inputs: np.ndarray
    targets: np.ndarray
    validation_inputs: np.ndarray
    validation_targets: np.ndarray


def load(name: str, options: dict[str, int | float], seed: int, train_fraction: float) -> Split:
    """The dataset `name`, shuffled by `seed`; the first round(train_fraction · examples), at least one, train."""
    dataset = DATASETS[name]
    inputs, targets = dataset.make(seed, **options)
    order = np.random.default_rng([seed, 3]).permutation(len(inputs))
    training = training_examples(len(inputs), train_fraction)
    first, rest = order[:training], order[training:]
    return Split(dataset.task, dataset.outputs, inputs[first], targets[first], inputs[rest], targets[rest])
