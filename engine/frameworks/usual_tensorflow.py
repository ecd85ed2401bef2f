"""The loop that people write first in TensorFlow: Keras compile and fit, with an optimizer of Keras."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from engine.config import RunConfig
from engine.datasets.split import Split
from engine.fairness.defaults import optimizer_parameters
from engine.frameworks.arithmetic_tensorflow import compute_dtype
from engine.frameworks.device_tensorflow import own_device
from engine.frameworks.observed_tensorflow import own_evidence


class Usual:
    """One network in that loop; `epochs` trains so many of them and waits for their end."""

    def __init__(self, config: RunConfig, split: Split, build: Callable[..., keras.Model]):
        self._device, self._batch_size = own_device(config.device.tensorflow), config.batch_size
        self._inputs, self._targets = _own_layout(split.inputs), _own_layout(split.targets)
        classify = split.form.task == "classification"
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if classify else "mse"
        with tf.device(self._device):
            self._network = build(split.form.inputs, split.form.outputs, **config.network_options)
            self._network.compile(_optimizer(config), loss)
            self._network.optimizer.build(self._network.trainable_variables)
        variables = [*self._network.variables, *self._network.optimizer.variables]
        self._began = [(variable, variable.numpy()) for variable in variables]

    def begin_again(self) -> None:
        """Go back to the weights, and to the optimizer, with which it began."""
        for variable, value in self._began:
            variable.assign(value)

    def epochs(self, count: int) -> list[float]:
        """The mean loss of each epoch."""
        with tf.device(self._device):
            told = self._network.fit(self._inputs, self._targets, self._batch_size, epochs=count, verbose=0)
        return [float(loss) for loss in told.history["loss"]]

    def observed(self, validation_inputs: np.ndarray) -> dict[str, Any]:
        """What TensorFlow says of this loop: most fields of events.Evidence, as Session.observed has them."""
        variables = self._network.trainable_variables
        arrays = {"inputs": self._inputs, "targets": self._targets, "validation_inputs": _own_layout(validation_inputs)}
        with tf.device(self._device):
            data = {name: _typed(values, variables[0].dtype) for name, values in arrays.items()}
            computed = compute_dtype(self._network, self._inputs[:1])
        return own_evidence(variables, data, "Keras fit") | {
            "compute_dtype": computed,
            "parameters": sum(int(np.prod(variable.shape)) for variable in variables),
            "batch_size": self._batch_size,
            "rows": (),
            "learning_rates": (float(self._network.optimizer.learning_rate),),
        }

    def device_memory(self) -> int | None:
        """Peak bytes allocated on the GPU; None on other devices."""
        return tf.config.experimental.get_memory_info(self._device)["peak"] if "GPU" in self._device else None


def _own_layout(values: np.ndarray) -> np.ndarray:
    """Images have channels last."""
    return np.moveaxis(values, 1, -1) if values.ndim == 4 else values


def _typed(values: np.ndarray, dtype: str) -> tf.Tensor:
    """In the type that Keras makes of them."""
    return tf.constant(values, values.dtype if values.dtype.kind == "i" else dtype)


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
