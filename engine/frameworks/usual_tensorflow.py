"""The loop that people write first in TensorFlow: Keras compile and fit, with an optimizer of Keras."""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from engine.config import RunConfig
from engine.datasets.split import Split
from engine.fairness.defaults import optimizer_parameters
from engine.fairness.evidence import digest
from engine.frameworks.arithmetic_tensorflow import compute_dtype


class Usual:
    """One network in that loop; `epoch` trains one epoch and waits for its end."""

    def __init__(self, config: RunConfig, split: Split, build: Callable[..., keras.Model]):
        self._images = split.form.kind == "image"
        self._batch_size = config.batch_size
        self._inputs, self._targets = (
            np.moveaxis(values, 1, -1) if self._images and values.ndim == 4 else values
            for values in (split.inputs, split.targets)
        )
        classify = split.form.task == "classification"
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if classify else "mse"
        self._network = build(split.form.inputs, split.form.outputs, **config.network_options)
        self._network.compile(_optimizer(config), loss)
        self._network.optimizer.build(self._network.trainable_variables)
        variables = [*self._network.variables, *self._network.optimizer.variables]
        self._began = [(variable, variable.numpy()) for variable in variables]

    def begin_again(self) -> None:
        """Go back to the weights, and to the optimizer, with which it began."""
        for variable, value in self._began:
            variable.assign(value)

    def epoch(self) -> float:
        """The mean loss of the epoch."""
        told = self._network.fit(self._inputs, self._targets, self._batch_size, epochs=1, verbose=0)
        return float(told.history["loss"][0])

    def observed(self, validation_inputs: np.ndarray) -> dict[str, Any]:
        """What TensorFlow says of this loop: most fields of events.Evidence, as Session.observed has them."""
        variables = self._network.trainable_variables
        dtype, threading = variables[0].value.dtype.as_numpy_dtype, tf.config.threading
        arrays = {"inputs": self._canonical(self._inputs), "targets": self._canonical(self._targets)}
        arrays["validation_inputs"] = validation_inputs
        return {
            "dtype": " and ".join(sorted({variable.value.dtype.name for variable in variables})),
            "compute_dtype": compute_dtype(self._network, self._inputs[:1]),
            "device": " and ".join(sorted({_short(variable.value.device) for variable in variables})),
            "threads": {
                "in one operation": threading.get_intra_op_parallelism_threads(),
                "between operations": threading.get_inter_op_parallelism_threads(),
            },
            "tf32": {"all": tf.config.experimental.tensor_float_32_execution_enabled()},
            "parameters": sum(int(np.prod(variable.shape)) for variable in variables),
            "batch_size": self._batch_size,
            "rows": (),
            "learning_rates": (float(self._network.optimizer.learning_rate),),
            "digests": {f"data/{name}": digest(_parts(values, dtype)) for name, values in arrays.items()},
            "disclosed": {
                "version": f"TensorFlow {tf.__version__}, Keras {keras.__version__}",
                "execution": "Keras fit",
                "layout": keras.config.image_data_format().replace("_", " "),
            },
        }

    def _canonical(self, values: np.ndarray) -> np.ndarray:
        return np.moveaxis(values, -1, 1) if self._images and values.ndim == 4 else values


def _parts(values: np.ndarray, dtype: type) -> Iterator[np.ndarray]:
    """At most 4,096 rows at a time, in the types that Keras makes of them."""
    for first in range(0, max(1, len(values)), 4096):
        part = values[first : first + 4096]
        yield part if part.dtype.kind == "i" else part.astype(dtype)


def _short(device: str) -> str:
    kind, number = device.rsplit(":", 2)[-2:]
    return "cpu" if kind == "CPU" else f"{kind.lower().replace('gpu', 'cuda')}:{number}"


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
