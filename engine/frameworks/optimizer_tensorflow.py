"""The optimizers of TensorFlow: Keras' own in `defaults`; torch.optim's equations in `matched`.

Keras places epsilon, bias correction, decay and momentum elsewhere than torch.optim, so equal arguments are not
equal arithmetic. The matched equations are those of torch.optim's documentation, on one flat vector of all weights.
"""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from engine.config import RunConfig
from engine.fairness.defaults import matches, optimizer_parameters


class Optimizer:
    """Changes `variables` (by name) along their gradients; clips the gradient's norm first where the config asks."""

    def __init__(self, config: RunConfig, variables: Mapping[str, tf.Variable]):
        self._names, self._variables = list(variables), list(variables.values())
        kind = _Matched if matches(config, "optimizer_equation") else _Keras
        self._update = kind(config, self._variables)

    def apply(self, gradients: Sequence[tf.Tensor], learning_rate: tf.Tensor) -> None:
        """One step along `gradients`, in the order of the variables; `learning_rate` is a float64 scalar."""
        self._update.apply(gradients, learning_rate)

    def state(self) -> dict[str, np.ndarray]:
        """Everything the next step depends on besides weights, by name."""
        return {name: np.asarray(slot.numpy()) for name, slot in self._update.slots.items()}

    def remembered(self) -> dict[str, dict[str, np.ndarray]]:
        """What is remembered of each variable, by torch.optim's name of it and its own; nothing of Keras' own."""
        found = self._update.remembered()
        return {slot: dict(zip(self._names, values, strict=True)) for slot, values in found.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` returned."""
        for name, value in state.items():
            self._update.slots[name].assign(value)


class _Keras:
    """A Keras optimizer with Keras' own arithmetic, told the learning rate at every step."""

    def __init__(self, config: RunConfig, variables: list[tf.Variable]):
        chosen = optimizer_parameters(config, "tensorflow")
        rate = config.learning_rate
        # AdamW takes 0 for no decay, the others take None.
        decay = chosen["weight_decay"] if config.optimizer == "adamw" else chosen["weight_decay"] or None
        more = {"weight_decay": decay, "global_clipnorm": config.gradient_clip_norm}
        match config.optimizer:
            case "sgd" | "momentum" | "nesterov":
                momentum, nesterov = chosen.get("momentum", 0.0), config.optimizer == "nesterov"
                self._optimizer = keras.optimizers.SGD(rate, momentum, nesterov, **more)
            case "adam" | "adamw":
                kind = keras.optimizers.Adam if config.optimizer == "adam" else keras.optimizers.AdamW
                betas = {"beta_1": chosen["beta_1"], "beta_2": chosen["beta_2"]}
                self._optimizer = kind(rate, **betas, epsilon=chosen["epsilon"], **more)
            case "rmsprop":
                self._optimizer = keras.optimizers.RMSprop(rate, chosen["rho"], epsilon=chosen["epsilon"], **more)
        self._variables = variables
        self._optimizer.build(variables)
        self.slots = {variable.path: variable.value for variable in self._optimizer.variables}

    def apply(self, gradients: Sequence[tf.Tensor], learning_rate: tf.Tensor) -> None:
        """One step of Keras' own, which clips by the norm of all gradients."""
        # An embedding's gradient stays as it is, a list of rows: Keras squares each of a token's rows, not their sum.
        self._optimizer.learning_rate.assign(tf.cast(learning_rate, self._optimizer.learning_rate.dtype))
        self._optimizer.apply(list(gradients), self._variables)

    def remembered(self) -> dict[str, list[np.ndarray]]:
        return {}  # its equations are held against nothing


class _Matched:
    """torch.optim's equations on one flat vector; what torch holds in Python floats is float64 here."""

    def __init__(self, config: RunConfig, variables: list[tf.Variable]):
        self._variables = [variable.value for variable in variables]
        self._sizes = [int(np.prod(variable.shape)) for variable in variables]
        self._dtype = self._variables[0].dtype
        self._nesterov = config.optimizer == "nesterov"
        self._decoupled = config.optimizer == "adamw"
        self._clip_norm = config.gradient_clip_norm
        self._chosen = optimizer_parameters(config, "tensorflow")
        self._equation, names = {
            "sgd": (self._sgd, ()),
            "momentum": (self._sgd, ("momentum_buffer",)),
            "nesterov": (self._sgd, ("momentum_buffer",)),
            "adam": (self._adam, ("exp_avg", "exp_avg_sq")),
            "adamw": (self._adam, ("exp_avg", "exp_avg_sq")),
            "rmsprop": (self._rmsprop, ("square_avg",)),
        }[config.optimizer]
        self.slots = {name: tf.Variable(tf.zeros(sum(self._sizes), self._dtype)) for name in names}
        self.slots["step"] = tf.Variable(0, dtype=tf.int64)

    def apply(self, gradients: Sequence[tf.Tensor], learning_rate: tf.Tensor) -> None:
        """One step by the equation, with decay in the gradient, or of the weights where it is decoupled."""
        gradient, decay = _flat(gradients), self._chosen["weight_decay"]
        if self._clip_norm is not None:
            gradient = self._clipped(gradient)
        self.slots["step"].assign_add(1)
        if decay and not self._decoupled:
            gradient += _flat(self._variables) * self._number(decay)
        change = tf.split(self._equation(gradient, learning_rate), self._sizes)
        # As torch.optim has it: one factor, rounded once. Taking away rate · decay · weight would round otherwise.
        kept = self._number(1 - learning_rate * tf.constant(decay, tf.float64)) if self._decoupled else None
        for variable, part in zip(self._variables, change, strict=True):
            if kept is not None:
                variable.assign(variable * kept)
            variable.assign_sub(tf.reshape(part, variable.shape))

    def remembered(self) -> dict[str, list[np.ndarray]]:
        """Each slot cut into what belongs to each variable."""
        ends, forms = np.cumsum(self._sizes)[:-1], [tuple(variable.shape) for variable in self._variables]
        flat = {slot: np.split(values.numpy(), ends) for slot, values in self.slots.items() if slot != "step"}
        return {slot: list(map(np.reshape, parts, forms)) for slot, parts in flat.items()}

    def _number(self, number: float | tf.Tensor) -> tf.Tensor:
        """A float64 scalar rounded once; a bare tf.cast of a Python float would round to float32 first."""
        return tf.cast(tf.convert_to_tensor(number, tf.float64), self._dtype)

    def _clipped(self, gradient: tf.Tensor) -> tf.Tensor:
        """As torch.nn.utils.clip_grad_norm_ does, with its 1e-6 in the denominator."""
        norm = tf.sqrt(tf.reduce_sum(tf.square(gradient)))
        return gradient * tf.minimum(self._number(self._clip_norm) / (norm + self._number(1e-6)), 1)

    def _sgd(self, gradient: tf.Tensor, learning_rate: tf.Tensor) -> tf.Tensor:
        if "momentum_buffer" in self.slots:
            momentum = self._number(self._chosen["momentum"])
            buffer = self.slots["momentum_buffer"]
            buffer.assign(momentum * buffer + gradient)
            gradient = gradient + momentum * buffer if self._nesterov else buffer
        return self._number(learning_rate) * gradient

    def _adam(self, gradient: tf.Tensor, learning_rate: tf.Tensor) -> tf.Tensor:
        beta_1, beta_2 = self._chosen["beta_1"], self._chosen["beta_2"]
        step = tf.cast(self.slots["step"], tf.float64)
        correction_1 = 1 - tf.pow(tf.constant(beta_1, tf.float64), step)
        correction_2 = 1 - tf.pow(tf.constant(beta_2, tf.float64), step)
        mean, square = self.slots["exp_avg"], self.slots["exp_avg_sq"]
        mean.assign_add((gradient - mean) * self._number(1 - beta_1))
        square.assign(square * self._number(beta_2) + tf.square(gradient) * self._number(1 - beta_2))
        spread = tf.sqrt(square) / self._number(tf.sqrt(correction_2)) + self._number(self._chosen["epsilon"])
        return self._number(learning_rate / correction_1) * mean / spread

    def _rmsprop(self, gradient: tf.Tensor, learning_rate: tf.Tensor) -> tf.Tensor:
        rho, square = self._chosen["rho"], self.slots["square_avg"]
        square.assign(square * self._number(rho) + tf.square(gradient) * self._number(1 - rho))
        return self._number(learning_rate) * gradient / (tf.sqrt(square) + self._number(self._chosen["epsilon"]))


def _flat(tensors: Sequence[tf.Tensor]) -> tf.Tensor:
    """One vector of all; the rows of an embedding's gradient that belong to one token are added up here."""
    return tf.concat([tf.reshape(tf.convert_to_tensor(tensor), [-1]) for tensor in tensors], 0)
