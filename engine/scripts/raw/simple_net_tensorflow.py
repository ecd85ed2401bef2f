"""The simple network as a function of its weights, in TensorFlow."""

import tensorflow as tf


def forward(weights: dict[str, tf.Variable], x: tf.Tensor) -> tf.Tensor:
    """Inputs (batch, inputs) to outputs (batch, outputs)."""
    x = tf.nn.relu(x @ tf.transpose(weights["hidden.weight"]) + weights["hidden.bias"])
    return x @ tf.transpose(weights["output.weight"]) + weights["output.bias"]
