"""A tensor that a gradient needs is changed in place, in TensorFlow."""

import tensorflow as tf


def planted(wrap):
    x = tf.Variable(tf.ones(3))

    @wrap
    def gradient_of(x):
        with tf.GradientTape() as tape:
            hidden = tf.exp(x)
            hidden[0] = 0.0  # planted
            loss = tf.reduce_sum(hidden)
        return tape.gradient(loss, x)

    print("gradient:", gradient_of(x).numpy().tolist())


def found(wrap):
    planted(wrap)


def mended(wrap):
    x = tf.Variable(tf.ones(3))

    @wrap
    def gradient_of(x):
        with tf.GradientTape() as tape:
            hidden = tf.exp(x) * tf.constant([0.0, 1.0, 1.0])
            loss = tf.reduce_sum(hidden)
        return tape.gradient(loss, x)

    print("gradient:", gradient_of(x).numpy().tolist())
