"""Phrases about saving and loading, in TensorFlow."""

from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def save_and_load_weights():
    def network():
        return keras.Sequential([layers.Input((3,)), layers.Dense(2)])

    before, after = network(), network()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.weights.h5"
        before.save_weights(path)
        after.load_weights(path)
    return np.array_equal(before.get_weights()[0], after.get_weights()[0])


def save_a_whole_network():
    layer = layers.Dense(2, activation="tanh")
    network = keras.Sequential([layers.Input((3,)), layer])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        network.save(path)
        loaded = keras.saving.load_model(path)
    batches = [tf.ones((size, 3)) for size in (1, 9)]
    return [np.array_equal(network(batch), loaded(batch)) for batch in batches]


def go_on_from_a_checkpoint():
    def session():
        weight = tf.Variable([4.0])
        optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
        optimizer.build([weight])
        checkpoint = tf.train.Checkpoint(weight=weight, optimizer=optimizer)
        return weight, optimizer, checkpoint

    def step(weight, optimizer):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(weight**2)
        optimizer.apply_gradients([(tape.gradient(loss, weight), weight)])

    weight, optimizer, checkpoint = session()
    step(weight, optimizer)
    later, its_optimizer, its_checkpoint = session()
    with TemporaryDirectory() as folder:
        path = checkpoint.write(Path(folder) / "checkpoint")
        its_checkpoint.read(path).assert_consumed()
    step(later, its_optimizer)
    return later.numpy().item()


def weights_as_arrays():
    layer = layers.Dense(2)
    layer.build((None, 3))
    arrays = {weight.name: weight.numpy() for weight in layer.weights}
    return [list(array.shape) for array in arrays.values()]
