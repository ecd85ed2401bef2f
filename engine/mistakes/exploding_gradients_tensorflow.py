"""A gradient through many layers grows beyond all numbers, in TensorFlow."""

import tensorflow as tf


def planted(wrap):
    _gradient(wrap, scale=2.0)  # planted


def found(wrap):
    _gradient(wrap, scale=2.0, check=True)


def mended(wrap):
    _gradient(wrap, scale=1.0)


def _gradient(wrap, scale, check=False):
    weight = tf.Variable(scale * tf.eye(4))

    @wrap
    def gradient_of(weight):
        with tf.GradientTape() as tape:
            hidden = tf.ones(4)
            for _ in range(100):
                hidden = tf.linalg.matvec(weight, hidden)
            loss = tf.reduce_sum(hidden)
        return tape.gradient(loss, weight)

    gradient = gradient_of(weight)
    norm = tf.linalg.global_norm([gradient])
    print("norm of the gradient:", norm.numpy().item())
    if check:
        tf.debugging.check_numerics(norm, "the norm of the gradient")
    (clipped,), _ = tf.clip_by_global_norm([gradient], 1.0)
    print("after it was clipped:", tf.linalg.global_norm([clipped]).numpy().item())
