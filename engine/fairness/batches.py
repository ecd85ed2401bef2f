"""Which rows each step trains on, and how fast: the same for both frameworks."""

import math

import numpy as np

from engine.config import RunConfig


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """Number of batches, the last of which may be smaller."""
    return math.ceil(examples / batch_size)


def epoch_order(seed: int, epoch: int, examples: int) -> np.ndarray:
    """The order of the training rows in epoch `epoch` (from 0), as int64 indices."""
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, epoch])).permutation(examples)


def learning_rates(config: RunConfig, first_step: int, count: int, steps_in_epoch: int) -> np.ndarray:
    """The learning rate of `count` steps from `first_step` on, float64.

    Linear warm-up, then constant; or times `schedule_factor` after every `schedule_epochs` epochs (step); or falling
    towards zero along half a cosine (Loshchilov and Hutter, SGDR, 2017).
    """
    step = np.arange(first_step, first_step + count, dtype=np.float64)
    rate = np.full(count, config.learning_rate)
    if config.schedule == "step":
        rate *= config.schedule_factor ** (step // (config.schedule_epochs * steps_in_epoch))
    elif config.schedule == "cosine":
        length = max(1, config.epochs * steps_in_epoch - config.warmup_steps)
        rate *= (1 + np.cos(np.pi * np.clip((step - config.warmup_steps) / length, 0, 1))) / 2
    if config.warmup_steps:
        rate *= np.minimum(1.0, (step + 1) / config.warmup_steps)
    return rate
