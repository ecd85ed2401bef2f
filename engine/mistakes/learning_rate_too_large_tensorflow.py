"""The learning rate is a thousand times too large, in TensorFlow."""

import keras
import tensorflow as tf

INPUTS = tf.constant([[1.0], [2.0]])
TARGETS = tf.constant([[3.0], [5.0]])


def planted(wrap):
    _train(wrap, rate=100.0)  # planted


def found(wrap):
    _train(wrap, rate=100.0, check=True)


def mended(wrap):
    _train(wrap, rate=0.1)


def _train(wrap, rate, check=False):
    network = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    optimizer = keras.optimizers.SGD(rate)
    mean_squared = keras.losses.MeanSquaredError()

    @wrap
    def gradients_of(inputs):
        with tf.GradientTape() as tape:
            loss = mean_squared(TARGETS, network(inputs))
        return loss, tape.gradient(loss, network.trainable_variables)

    for step in range(20):
        loss, gradients = gradients_of(INPUTS)
        if step % 4 == 0:
            print(f"step {step}: loss {loss.numpy().item():.3g}")
        if check:
            tf.debugging.check_numerics(loss, f"the loss at step {step}")
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
    loss, _ = gradients_of(INPUTS)
    print(f"step 20: loss {loss.numpy().item():.3g}")
