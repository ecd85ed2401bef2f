"""NumPy's float64 meets weights in float32, in TensorFlow."""

import numpy as np
import tensorflow as tf


def planted(wrap):
    inputs = tf.constant(np.ones((2, 4)))  # planted
    _multiply(wrap, inputs)


def found(wrap):
    inputs = tf.constant(np.ones((2, 4)))
    print("dtype of the inputs:", inputs.dtype.name)
    tf.debugging.assert_type(inputs, tf.float32)


def mended(wrap):
    inputs = tf.cast(tf.constant(np.ones((2, 4))), tf.float32)
    _multiply(wrap, inputs)


def _multiply(wrap, inputs):
    weight = tf.ones((4, 3))

    @wrap
    def multiply(inputs):
        return inputs @ weight

    print("sum:", tf.reduce_sum(multiply(inputs)).numpy().item())
