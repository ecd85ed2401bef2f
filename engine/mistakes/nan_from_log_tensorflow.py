"""A logarithm of zero becomes NaN, in TensorFlow."""

import tensorflow as tf

LABELS = tf.constant([1.0, 0.0])


def planted(wrap):
    _train(wrap, lambda share: tf.math.log(share))  # planted


def found(wrap):
    tf.debugging.enable_check_numerics()
    planted(wrap)


def mended(wrap):
    _train(wrap, lambda share: tf.math.log(tf.maximum(share, 1e-7)))


def _train(wrap, logarithm):
    probabilities = tf.Variable([1.0, 0.0])

    @wrap
    def gradient_of(probabilities):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_sum(LABELS * logarithm(probabilities))
        return loss, tape.gradient(loss, probabilities)

    loss, gradient = gradient_of(probabilities)
    print("loss:", loss.numpy().item(), "gradient:", gradient.numpy().tolist())
