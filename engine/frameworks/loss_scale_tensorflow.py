"""Loss scaling in TensorFlow, by the rule of keras.optimizers.LossScaleOptimizer: small gradients are 0 in float16.

The loss is multiplied by a factor and the gradients are divided by it. A step with a gradient that is not finite is
skipped, and the factor halved; after 2,000 steps in a row that are not, it is doubled.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from engine.config import RunConfig
from engine.fairness.defaults import LOSS_SCALE_FACTORS, LOSS_SCALE_STEPS, first_loss_scale
from engine.frameworks.optimizer_tensorflow import Optimizer


class LossScale:
    """The factor, with the optimizer whose steps it may skip."""

    def __init__(self, config: RunConfig, optimizer: Optimizer):
        self._optimizer = optimizer
        first = first_loss_scale(config, "tensorflow")
        self.slots = {
            "scale": tf.Variable(first, dtype=tf.float32),
            "finite_in_a_row": tf.Variable(0, dtype=tf.int32),
            "skipped": tf.Variable(0, dtype=tf.int64),
        }

    def scaled(self, loss: tf.Tensor) -> tf.Tensor:
        """What is differentiated in place of the loss."""
        return loss * self.slots["scale"]

    def unscaled(self, gradients: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """The loss's gradients, of those of the scaled one; an embedding's stays a list of rows."""
        return [
            tf.IndexedSlices(gradient.values / self.slots["scale"], gradient.indices, gradient.dense_shape)
            if isinstance(gradient, tf.IndexedSlices)
            else gradient / self.slots["scale"]
            for gradient in gradients
        ]

    def apply(self, gradients: Sequence[tf.Tensor], learning_rate: tf.Tensor) -> None:
        """One step of the optimizer along the scaled loss's gradients, or none where one is not finite."""
        own = self.unscaled(gradients)
        finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(_numbers(gradient))) for gradient in own])
        if finite:
            self._optimizer.apply(own, learning_rate)
        back, growth = LOSS_SCALE_FACTORS
        scale, in_a_row = self.slots["scale"], self.slots["finite_in_a_row"]
        now = tf.where(finite, in_a_row + 1, 0)
        grows = tf.equal(now, LOSS_SCALE_STEPS)
        scale.assign(scale * tf.where(finite, tf.where(grows, growth, 1.0), back))
        in_a_row.assign(tf.where(grows, 0, now))
        self.slots["skipped"].assign_add(tf.cast(tf.logical_not(finite), tf.int64))

    def told(self) -> tuple[float, int]:
        """The factor now, and how many steps were skipped."""
        return float(self.slots["scale"].numpy()), int(self.slots["skipped"].numpy())

    def state(self) -> dict[str, np.ndarray]:
        """What the next step depends on."""
        return {name: np.asarray(slot.numpy()) for name, slot in self.slots.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` returned."""
        for name, value in state.items():
            self.slots[name].assign(value)


def _numbers(gradient: tf.Tensor | tf.IndexedSlices) -> tf.Tensor:
    return gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient
