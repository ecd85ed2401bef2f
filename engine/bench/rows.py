"""The rows that a benchmark of training steps trains on: whole batches alone, so that every step is of one size."""

from dataclasses import replace

from engine.config import RunConfig
from engine.datasets.catalogue import training_examples
from engine.datasets.split import Split

ROWS, WHOLE = "training rows", "whole batches alone"  # how a process discloses that it cut them


def training_rows(config: RunConfig) -> int:
    """How many examples of the config's data train, as long as nothing is cut."""
    return training_examples(config.form.examples, config.train_fraction)


def whole_batches(split: Split, batch_size: int) -> Split:
    """The split without the training rows of a smaller last batch. Raises ValueError where no batch is whole."""
    rows = len(split.inputs) // batch_size * batch_size
    if not rows:
        raise ValueError(f"a batch has {batch_size:,} examples, and {len(split.inputs):,} train")
    return replace(split, inputs=split.inputs[:rows], targets=split.targets[:rows])
