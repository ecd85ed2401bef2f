"""Gradients of earlier steps are never set to zero, in TensorFlow: only a sum of one's own can forget that."""

import keras
import tensorflow as tf

INPUTS = tf.constant([1.0, 2.0, 3.0])
TARGETS = 2 * INPUTS


def planted(wrap):
    _train(wrap, forget=True)


def found(wrap):
    _train(wrap, forget=True, look=True)


def mended(wrap):
    _train(wrap, forget=False)


def _train(wrap, forget, look=False):
    weight = tf.Variable([0.0])
    total = tf.Variable([0.0], trainable=False)
    optimizer = keras.optimizers.SGD(0.05)

    @wrap
    def gradient_of(weight):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((weight * INPUTS - TARGETS) ** 2)
        return loss, tape.gradient(loss, weight)

    for step in range(10):
        if not forget:
            total.assign([0.0])  # planted: left out
        loss, fresh = gradient_of(weight)
        total.assign_add(fresh)
        if look:
            print(f"step {step}: the sum holds {total.numpy()[0]:.2f}, this step gave {fresh.numpy()[0]:.2f}")
            tf.debugging.assert_near(total, fresh, message="the gradient of an earlier step is still there")
        optimizer.apply_gradients([(total, weight)])
    loss, _ = gradient_of(weight)
    print(f"loss after 10 steps: {loss.numpy().item():.2g}")
