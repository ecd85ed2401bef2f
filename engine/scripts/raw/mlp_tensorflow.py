"""The multilayer perceptron as a function of its weights, in TensorFlow."""

from collections.abc import Callable

import tensorflow as tf


def forward(
    weights: dict[str, tf.Variable], x: tf.Tensor, depth: int, activation: Callable, drop: Callable | None = None
) -> tf.Tensor:
    """Inputs (batch, inputs) to outputs (batch, outputs); `drop(x, number)` is its dropout."""
    for number in range(depth):
        x = x @ tf.transpose(weights[f"hidden{number + 1}.weight"]) + weights[f"hidden{number + 1}.bias"]
        x = activation(x)
        x = drop(x, number) if drop else x
    return x @ tf.transpose(weights["output.weight"]) + weights["output.bias"]
