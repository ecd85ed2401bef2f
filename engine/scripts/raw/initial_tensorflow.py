"""What Keras' own layers begin with, in canonical layout."""

import keras
import tensorflow as tf

from engine.networks.shapes import Weight


def initial(name: str, weight: Weight) -> tf.Tensor:
    """New values in the shape of `weight`, as Dense, Conv2D, Embedding and the norms draw them: in Keras' layout."""
    if weight.begin == "normal":
        return keras.initializers.RandomUniform()(weight.shape)
    if weight.begin == "ones":
        return keras.initializers.Ones()(weight.shape)
    if len(weight.shape) == 1:
        return keras.initializers.Zeros()(weight.shape)
    outputs, inputs, *size = weight.shape
    drawn = keras.initializers.GlorotUniform()((*size, inputs, outputs))
    if weight.flattens:
        channels, height, width = weight.flattens
        drawn = tf.reshape(drawn, (height, width, channels, outputs))
    order = (1, 0) if len(drawn.shape) == 2 else (3, 2, 0, 1)
    return tf.reshape(tf.transpose(drawn, order), weight.shape)
