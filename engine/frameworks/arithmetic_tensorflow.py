"""The type that a network's arithmetic has in TensorFlow, as it is and not as it was asked for."""

import keras
import tensorflow as tf


def compute_dtype(network: keras.Model, x: tf.Tensor) -> str:
    """The type of what evaluating the network on x gives, such as `float32` or `bfloat16`: TensorFlow mixes none."""
    return network(x, training=False).dtype.name
