"""Phrases about gradients, in TensorFlow."""

import tensorflow as tf


def gradient():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x**2
    return tape.gradient(y, x).numpy().item()


def gradient_twice():
    x = tf.Variable(3.0)
    for _ in range(2):
        with tf.GradientTape() as tape:
            y = x**2
        found = tape.gradient(y, x)
    return found.numpy().item()


def second_derivative():
    x = tf.Variable(2.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = x**3
        first = inner.gradient(y, x)
    return outer.gradient(first, x).numpy().item()


def stop_a_gradient():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * tf.stop_gradient(x)
    return tape.gradient(y, x).numpy().item()


def compute_without_gradients():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape, tape.stop_recording():
        y = x**2
    return tape.gradient(y, x) is not None


def jacobian():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x**2
    return tape.jacobian(y, x).numpy()


def gradient_of_each_example():
    weight = tf.constant([1.0, 1.0])
    inputs = tf.constant([[1.0, 2.0], [3.0, 4.0]])

    def gradient(one):
        with tf.GradientTape() as tape:
            tape.watch(weight)
            loss = tf.reduce_sum(weight * one) ** 2
        return tape.gradient(loss, weight)

    return tf.vectorized_map(gradient, inputs).numpy()


def own_gradient():
    @tf.custom_gradient
    def rounded(x):
        return tf.round(x), lambda upstream: upstream

    x = tf.constant(1.7)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = rounded(x)
    return [y.numpy().item(), tape.gradient(y, x).numpy().item()]


def clip_gradients():
    x = tf.Variable([3.0, 4.0])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(x**2)
    gradients = tape.gradient(y, [x])
    clipped, _ = tf.clip_by_global_norm(gradients, 1.0)
    return clipped[0].numpy()
