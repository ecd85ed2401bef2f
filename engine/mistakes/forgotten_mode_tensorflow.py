"""A network trains without being told so, in TensorFlow."""

import keras
import tensorflow as tf
from keras import layers


def planted(wrap):
    _zeros(wrap)  # planted: no training=True


def found(wrap):
    shares = _zeros(wrap)
    tf.debugging.assert_greater(sum(shares), 0.0, message="nothing is dropped while training")


def mended(wrap):
    _zeros(wrap, training=True)


def _zeros(wrap, **told):
    keras.utils.set_random_seed(0)
    dropout = layers.Dropout(0.5)

    @wrap
    def hidden(inputs):
        return dropout(inputs, **told)

    outputs = [hidden(tf.ones((1, 100))) for _ in range(3)]
    shares = [tf.reduce_mean(tf.cast(output == 0, tf.float32)).numpy().item() for output in outputs]
    rounded = [round(share, 2) for share in shares]
    print("share of inputs dropped in three steps of training, where 0.5 was asked for:", rounded)
    return shares
