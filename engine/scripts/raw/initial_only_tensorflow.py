"""What networks begin with in TensorFlow whose weights Keras draws by rules of their own."""

import keras
import tensorflow as tf

from engine.networks.shapes import Weight
from engine.scripts.raw.initial_tensorflow import initial


def initial_plain(name: str, weight: Weight) -> tf.Tensor:
    """As our perceptron without layers draws them, whose layout is the canonical one."""
    kind = keras.initializers.GlorotUniform if len(weight.shape) == 2 else keras.initializers.Zeros
    return kind()(weight.shape)


def initial_lstm(name: str, weight: Weight) -> tf.Tensor:
    """As keras.layers.LSTM draws them: the state's matrix is orthogonal, the bias of the forget gate 1."""
    if name == "lstm.weight_hh_l0":
        return _orthogonal(weight)
    if name == "lstm.bias_ih_l0":
        width = weight.shape[0] // 4
        zeros, ones = keras.initializers.Zeros(), keras.initializers.Ones()
        return tf.concat([zeros((width,)), ones((width,)), zeros((2 * width,))], 0)
    return initial(name, weight)


def initial_gru(name: str, weight: Weight) -> tf.Tensor:
    """As keras.layers.GRU draws them: the state's matrix is orthogonal, and the update gate before the reset gate."""
    if not name.startswith("gru.weight"):
        return initial(name, weight)
    drawn = _orthogonal(weight) if name == "gru.weight_hh_l0" else initial(name, weight)
    update, reset, new = tf.split(drawn, 3)
    return tf.concat([reset, update, new], 0)


def _orthogonal(weight: Weight) -> tf.Tensor:
    drawn = tf.transpose(keras.initializers.Orthogonal()(weight.shape[::-1]))
    keras.random.SeedGenerator()  # the layer has one for its dropout, so what follows draws other numbers
    return drawn
