"""Labels count from one, in TensorFlow."""

import keras
import tensorflow as tf

LOGITS = tf.zeros((3, 3))


def planted(wrap):
    labels = tf.constant([1, 2, 3])  # planted
    _loss(wrap, labels)


def found(wrap):
    labels = tf.constant([1, 2, 3])
    print(f"labels from {tf.reduce_min(labels)} to {tf.reduce_max(labels)}, and {LOGITS.shape[1]} classes")
    tf.debugging.assert_less(labels, LOGITS.shape[1], message="a label is beyond the last class")


def mended(wrap):
    labels = tf.constant([1, 2, 3]) - 1
    _loss(wrap, labels)


def _loss(wrap, labels):
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @wrap
    def loss_of(labels):
        return cross_entropy(labels, LOGITS)

    print(f"loss: {loss_of(labels).numpy().item():.4f}")
