"""Outputs in a column meet targets in a row, in TensorFlow."""

import keras
import tensorflow as tf

INPUTS = tf.constant([[-1.0], [0.0], [1.0]])


def planted(wrap):
    targets = tf.constant([-3.0, 0.0, 3.0])  # planted
    _train(wrap, targets)


def found(wrap):
    targets = tf.constant([-3.0, 0.0, 3.0])
    tf.debugging.assert_shapes([(INPUTS, ("N", 1)), (targets, ("N", 1))])


def mended(wrap):
    targets = tf.constant([[-3.0], [0.0], [3.0]])
    _train(wrap, targets)


def _train(wrap, targets):
    network = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    optimizer = keras.optimizers.SGD(0.5)

    @wrap
    def gradients_of(inputs):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((network(inputs) - targets) ** 2)
        return loss, tape.gradient(loss, network.trainable_variables)

    for _ in range(50):
        loss, gradients = gradients_of(INPUTS)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
    weight = abs(network.weights[0].numpy().item())
    print(f"loss {loss.numpy().item():.3f}, weight {weight:.3f}; right is 0 and 3")
