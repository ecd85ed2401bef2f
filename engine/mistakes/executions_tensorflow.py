"""How a mistake is run, in TensorFlow."""

from collections.abc import Callable

import tensorflow as tf


def eager(function: Callable) -> Callable:
    """As it stands."""
    return function


def compiled(function: Callable) -> Callable:
    """By tf.function, as a graph."""
    return tf.function(function)
