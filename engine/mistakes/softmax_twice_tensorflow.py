"""A loss that takes logits is given probabilities, in TensorFlow."""

import keras
import tensorflow as tf
from keras import layers

INPUTS, LABELS = tf.eye(3), tf.range(3)


def _linear():
    return [layers.Input((3,)), layers.Dense(3, kernel_initializer="zeros")]


def _train(wrap, network):
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.SGD(1.0)

    @wrap
    def gradients_of(inputs):
        with tf.GradientTape() as tape:
            loss = cross_entropy(LABELS, network(inputs))
        return loss, tape.gradient(loss, network.trainable_variables)

    for _ in range(1000):
        loss, gradients = gradients_of(INPUTS)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
    right = tf.argmax(network(INPUTS), axis=1, output_type=tf.int32) == LABELS
    print(f"accuracy {tf.reduce_mean(tf.cast(right, tf.float32)):.0%}, loss {loss:.3f}")


def planted(wrap):
    _train(wrap, keras.Sequential([*_linear(), layers.Softmax()]))  # planted


def found(wrap):
    network = keras.Sequential([*_linear(), layers.Softmax()])
    sums = tf.reduce_sum(network(INPUTS), axis=1)
    print("what the loss is given adds up to", [round(value, 3) for value in sums.numpy().tolist()])
    tf.debugging.assert_none_equal(tf.round(sums), 1.0, message="these are probabilities and no logits")


def mended(wrap):
    _train(wrap, keras.Sequential(_linear()))
