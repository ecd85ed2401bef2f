"""A tape around all steps keeps what each of them computed, in TensorFlow."""

import resource

import tensorflow as tf


def _grown(before):
    """Megabytes by which this process has grown at its largest; ru_maxrss is in kilobytes on Linux."""
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def _loss(wrap):
    weight = tf.Variable(tf.ones((500, 500)))

    @wrap
    def loss_of(inputs):
        return tf.reduce_mean(tf.exp(-weight * inputs))

    with tf.GradientTape():
        loss_of(tf.ones((500, 500)))  # what the first step needs for itself does not count
    return loss_of, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _sum_in_one_tape(wrap):
    loss_of, before = _loss(wrap)
    total = 0.0
    with tf.GradientTape() as tape:  # planted
        for step in range(200):
            total = total + loss_of(tf.fill((500, 500), step / 200))
    print(f"memory grew by {_grown(before):.0f} MB in 200 steps")
    return tape


def planted(wrap):
    _sum_in_one_tape(wrap)


def found(wrap):
    tape = _sum_in_one_tape(wrap)
    assert not tape.watched_variables(), "after the last step the tape still holds the graph of all"


def mended(wrap):
    loss_of, before = _loss(wrap)
    total = 0.0
    for step in range(200):
        with tf.GradientTape():
            loss = loss_of(tf.fill((500, 500), step / 200))
        total = total + loss.numpy().item()
    print(f"memory grew by {_grown(before):.0f} MB in 200 steps")
