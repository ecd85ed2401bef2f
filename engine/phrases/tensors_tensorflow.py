"""Phrases about tensors, in TensorFlow."""

import numpy as np
import tensorflow as tf


def make_a_tensor():
    made = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    return made.numpy()


def whole_numbers():
    made = tf.constant([1, 2, 3])
    return made.numpy()


def share_memory_with_numpy():
    array = np.zeros(3)
    made = tf.constant(array)
    array[0] = 7.0
    return made.numpy()


def random_numbers():
    drawn = tf.random.normal((1000, 3))
    mean = tf.reduce_mean(drawn).numpy().item()
    return {"shape": drawn.shape.as_list(), "mean near 0": abs(mean) < 0.2}


def slice_a_tensor():
    x = tf.reshape(tf.range(12), (3, 4))
    return x[1:, ::2].numpy().tolist()


def pick_rows():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    return tf.gather(x, [2, 0]).numpy()


def change_one_element():
    x = tf.zeros(4)
    x = tf.tensor_scatter_nd_update(x, [[1]], [5.0])
    return x.numpy()


def choose_by_condition():
    x = tf.constant([-1.0, 2.0, -3.0])
    return tf.where(x > 0, x, 0.0).numpy()


def reshape():
    x = tf.range(6.0)
    return tf.reshape(x, (2, -1)).numpy()


def swap_axes():
    x = tf.zeros((2, 3, 4))
    return tf.transpose(x, (0, 2, 1)).shape.as_list()


def add_an_axis():
    x = tf.zeros(5)
    return tf.expand_dims(x, 0).shape.as_list()


def join():
    x, y = tf.zeros((2, 3)), tf.ones((2, 3))
    along = tf.concat([x, y], axis=0)
    anew = tf.stack([x, y], axis=0)
    return [along.shape.as_list(), anew.shape.as_list()]


def change_dtype():
    x = tf.constant([1.9, -1.9])
    return tf.cast(x, tf.int32).numpy()


def multiply_matrices():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    return (x @ x).numpy()


def mean_over_an_axis():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    return tf.reduce_mean(x, axis=0, keepdims=True).numpy()


def variance():
    x = tf.constant([1.0, 2.0, 3.0, 4.0])
    return tf.math.reduce_variance(x).numpy().item()
