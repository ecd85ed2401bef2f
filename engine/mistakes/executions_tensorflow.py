"""How a mistake is run, in TensorFlow."""

from collections.abc import Callable

import tensorflow as tf

# What it says when it looks for devices is said here, and not in the middle of a mistake.
tf.config.list_logical_devices()


def eager(function: Callable) -> Callable:
    """As it stands."""
    return function


def compiled(function: Callable) -> Callable:
    """By tf.function, as a graph."""
    return tf.function(function)
