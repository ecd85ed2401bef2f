"""The LSTM as a function of its weights, in TensorFlow: a loop over time."""

import tensorflow as tf


def forward(weights: dict[str, tf.Variable], x: tf.Tensor) -> tf.Tensor:
    """Inputs (batch, time, features) to outputs (batch, outputs)."""
    of_input, of_state = weights["lstm.weight_ih_l0"], weights["lstm.weight_hh_l0"]
    bias = weights["lstm.bias_ih_l0"]
    state = cell = tf.zeros((x.shape[0], of_state.shape[1]), x.dtype)
    for now in tf.unstack(x, axis=1):
        gates = now @ tf.transpose(of_input) + state @ tf.transpose(of_state) + bias
        enters, stays, new, leaves = tf.split(gates, 4, 1)
        cell = tf.sigmoid(stays) * cell + tf.sigmoid(enters) * tf.tanh(new)
        state = tf.sigmoid(leaves) * tf.tanh(cell)
    return state @ tf.transpose(weights["output.weight"]) + weights["output.bias"]
