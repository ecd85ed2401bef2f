"""The loss that is trained in TensorFlow."""

import tensorflow as tf


def loss_of(outputs: tf.Tensor, targets: tf.Tensor, classify: bool) -> tf.Tensor:
    """The mean of one batch: of the cross-entropy where its targets are classes, else of the squared errors."""
    if not classify:
        return tf.reduce_mean(tf.square(outputs - targets))
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, outputs))
