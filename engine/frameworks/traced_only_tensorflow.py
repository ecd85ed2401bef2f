"""What makes a graph of a function in TensorFlow, for calls that cost little."""

from collections.abc import Callable

import tensorflow as tf


def traced(function: Callable, xla: bool = False) -> Callable:
    """A tf.function of tensors: traced for each of their shapes, and found again by these alone.

    A tf.function by itself looks at everything that a trace may depend on, which takes as long as several steps.
    """
    traces: dict[tuple, Callable] = {}
    whole = tf.function(function, jit_compile=xla)

    def call(*tensors: tf.Tensor):
        shapes = tuple(tensor.shape for tensor in tensors)
        if shapes not in traces:
            traces[shapes] = whole.get_concrete_function(*tensors)
        return traces[shapes](*tensors)

    return call
