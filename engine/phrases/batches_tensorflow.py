"""Phrases about data in batches, in TensorFlow."""

import tensorflow as tf


def batches_of_arrays():
    inputs, labels = tf.range(5.0), tf.range(5)
    batches = tf.data.Dataset.from_tensor_slices((inputs, labels)).batch(2)
    return [batch.numpy().tolist() for batch, _ in batches]


def examples_made_in_python():
    def squares():
        for number in range(4):
            yield number**2

    kind = tf.TensorSpec(shape=(), dtype=tf.int64)
    examples = tf.data.Dataset.from_generator(squares, output_signature=kind)
    return [batch.numpy().tolist() for batch in examples.batch(2)]


def shuffle():
    examples = tf.data.Dataset.range(8)
    batches = examples.shuffle(buffer_size=8, seed=3).batch(4)
    return [batch.numpy().tolist() for batch in batches]


def change_each_example():
    examples = tf.data.Dataset.from_tensor_slices(tf.range(4.0))
    batches = examples.map(lambda example: example * 2).batch(2)
    return [batch.numpy().tolist() for batch in batches]


def drop_the_last_batch():
    batches = tf.data.Dataset.range(5).batch(2, drop_remainder=True)
    return len(batches)
