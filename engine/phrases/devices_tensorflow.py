"""Phrases about devices, precision and seeds, in TensorFlow."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def set_a_device():
    device = "GPU:0" if tf.config.list_physical_devices("GPU") else "CPU:0"
    with tf.device(device):
        x = tf.ones(2)
    return "GPU" in x.device


def move_a_network():
    with tf.device("CPU:0"):
        layer = layers.Dense(2)
        layer.build((None, 3))
    return all("CPU:0" in weight.value.device for weight in layer.weights)


def set_the_seed():
    keras.utils.set_random_seed(7)
    first = tf.random.uniform((3,))
    keras.utils.set_random_seed(7)
    return np.array_equal(first, tf.random.uniform((3,)))


def the_same_seed_in_both():
    keras.utils.set_random_seed(7)
    return tf.random.uniform((3,)).numpy()


def mixed_precision():
    layer = layers.Dense(2, dtype="mixed_bfloat16")
    outputs = layer(tf.ones((1, 4)))
    return {"weights": layer.kernel.dtype, "outputs": outputs.dtype.name}


def scale_the_loss():
    layer = layers.Dense(1)
    layer.build((None, 4))
    inner = keras.optimizers.SGD(0.1)
    optimizer = keras.optimizers.LossScaleOptimizer(inner, initial_scale=1024.0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(layer(tf.ones((1, 4))))
        scaled = optimizer.scale_loss(loss)
    weights = layer.trainable_variables
    gradients = tape.gradient(scaled, weights)
    optimizer.apply_gradients(zip(gradients, weights, strict=True))
    return optimizer.dynamic_scale.numpy().item()


def use_float64():
    keras.config.set_dtype_policy("float64")
    layer = layers.Dense(2)
    layer.build((None, 4))
    ones = tf.ones(2)
    keras.config.set_dtype_policy("float32")
    return {"weights": layer.kernel.dtype, "ones": ones.dtype.name}
