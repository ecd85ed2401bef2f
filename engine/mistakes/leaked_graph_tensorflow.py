"""A tape around all steps keeps what each of them computed, in TensorFlow."""

import psutil
import tensorflow as tf


def planted(wrap):
    _sum_in_one_tape(wrap)


def found(wrap):
    tape = _sum_in_one_tape(wrap)
    assert not tape.watched_variables(), "after the last step the tape still holds the graph of all"


def mended(wrap):
    loss_of, before = _loss(wrap)
    total = 0.0
    for step in range(100):
        with tf.GradientTape():
            loss = loss_of(tf.fill((500, 500), step / 100))
        total = total + loss.numpy().item()
    print(f"memory grew by {_megabytes() - before:.0f} MB in 100 steps")


def _megabytes():
    return psutil.Process().memory_info().rss / 1e6


def _loss(wrap):
    weight = tf.Variable(tf.ones((500, 500)))

    @wrap
    def loss_of(inputs):
        return tf.reduce_mean(tf.exp(-weight * inputs))

    with tf.GradientTape():
        loss_of(tf.ones((500, 500)))  # what the first step needs for itself does not count
    return loss_of, _megabytes()


def _sum_in_one_tape(wrap):
    loss_of, before = _loss(wrap)
    total = 0.0
    with tf.GradientTape() as tape:  # planted
        for step in range(100):
            total = total + loss_of(tf.fill((500, 500), step / 100))
    print(f"memory grew by {_megabytes() - before:.0f} MB in 100 steps")
    return tape
