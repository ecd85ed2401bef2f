"""Phrases about layers and networks, in TensorFlow."""

import keras
import tensorflow as tf
from keras import layers


def linear_layer():
    layer = layers.Dense(2)
    outputs = layer(tf.zeros((5, 3)))
    weight = list(layer.kernel.shape)
    return {"weight": weight, "outputs": outputs.shape.as_list()}


def start_weights():
    start = keras.initializers.Constant(0.5)
    layer = layers.Dense(2, kernel_initializer=start, bias_initializer="zeros")
    return layer(tf.ones((1, 3))).numpy()


def layers_in_a_row():
    first, last = layers.Dense(8, activation="relu"), layers.Dense(3)
    network = keras.Sequential([first, last])
    return network(tf.zeros((2, 4))).shape.as_list()


def count_weights():
    first, last = layers.Dense(8, activation="relu"), layers.Dense(3)
    network = keras.Sequential([layers.Input((4,)), first, last])
    return network.count_params()


def custom_layer():
    class Scale(layers.Layer):
        def build(self, shape):
            start = keras.initializers.Constant(2.0)
            self.factor = self.add_weight(shape[-1:], start)

        def call(self, inputs):
            return inputs * self.factor

    layer = Scale()
    return layer(tf.constant([1.0, 2.0, 3.0])).numpy()


def custom_network():
    class Residual(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = layers.Dense(4)

        def call(self, inputs):
            return inputs + tf.nn.relu(self.inner(inputs))

    network = Residual()
    outputs = network(tf.zeros((2, 4)))
    return [outputs.shape.as_list(), len(network.weights)]


def freeze_a_layer():
    first, last = layers.Dense(8, activation="relu"), layers.Dense(3)
    network = keras.Sequential([layers.Input((4,)), first, last])
    first.trainable = False
    trained = network.trainable_variables
    return sum(weight.numpy().size for weight in trained)


def convolution():
    layer = layers.Conv2D(8, kernel_size=3, padding="same")
    images = tf.zeros((1, 28, 28, 3))
    return layer(images).shape.as_list()


def training_or_predicting():
    layer = layers.Dropout(0.5)
    inputs = tf.ones(1000)
    dropped = bool((layer(inputs, training=True) == 0).numpy().any())
    unchanged = bool((layer(inputs, training=False) == 1).numpy().all())
    return {"training drops": dropped, "predicting drops": not unchanged}


def output_of_a_middle_layer():
    first, last = layers.Dense(8, activation="relu"), layers.Dense(3)
    network = keras.Sequential([layers.Input((4,)), first, last])
    hidden = keras.Model(network.inputs, first.output)
    return hidden(tf.zeros((2, 4))).shape.as_list()


def look_up_embeddings():
    table = layers.Embedding(10, 4, embeddings_initializer="ones")
    return table(tf.constant([[1, 2, 9]])).numpy()
