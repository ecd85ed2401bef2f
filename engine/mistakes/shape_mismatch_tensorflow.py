"""A network for four numbers is given five, in TensorFlow."""

import tensorflow as tf
from keras import Sequential, layers


def planted(wrap):
    inputs = tf.ones((2, 5))  # planted
    _predict(wrap, inputs)


def found(wrap):
    _network().summary(line_length=70)
    planted(wrap)


def mended(wrap):
    inputs = tf.ones((2, 4))
    _predict(wrap, inputs)


def _network():
    return Sequential([layers.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(3)])


def _predict(wrap, inputs):
    network = _network()

    @wrap
    def predict(inputs):
        return network(inputs)

    print("shape of the outputs:", predict(inputs).shape.as_list())
