"""The loop that people write first in TensorFlow: Keras compile and fit, with an optimizer of Keras."""

from collections.abc import Callable

import keras
import numpy as np

from engine.config import RunConfig
from engine.datasets.split import Split
from engine.fairness.defaults import optimizer_parameters


class Usual:
    """One network in that loop; `epoch` trains one epoch and waits for its end."""

    def __init__(self, config: RunConfig, split: Split, build: Callable[..., keras.Model]):
        images = split.form.kind == "image"
        self._batch_size = config.batch_size
        self._inputs, self._targets = (
            np.moveaxis(values, 1, -1) if images and values.ndim == 4 else values
            for values in (split.inputs, split.targets)
        )
        classify = split.form.task == "classification"
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if classify else "mse"
        self._network = build(split.form.inputs, split.form.outputs, **config.network_options)
        self._network.compile(_optimizer(config), loss)

    def epoch(self) -> float:
        """The mean loss of the epoch."""
        told = self._network.fit(self._inputs, self._targets, self._batch_size, epochs=1, verbose=0)
        return float(told.history["loss"][0])


def _optimizer(config: RunConfig) -> keras.optimizers.Optimizer:
    chosen, rate = optimizer_parameters(config, "tensorflow"), config.learning_rate
    # AdamW takes 0 for no decay, the others take None.
    decay = chosen["weight_decay"] if config.optimizer == "adamw" else chosen["weight_decay"] or None
    match config.optimizer:
        case "adam" | "adamw":
            kind = keras.optimizers.Adam if config.optimizer == "adam" else keras.optimizers.AdamW
            betas = {"beta_1": chosen["beta_1"], "beta_2": chosen["beta_2"]}
            return kind(rate, **betas, epsilon=chosen["epsilon"], weight_decay=decay)
        case "rmsprop":
            return keras.optimizers.RMSprop(rate, chosen["rho"], epsilon=chosen["epsilon"], weight_decay=decay)
    momentum, nesterov = chosen.get("momentum", 0.0), config.optimizer == "nesterov"
    return keras.optimizers.SGD(rate, momentum, nesterov, weight_decay=decay)
