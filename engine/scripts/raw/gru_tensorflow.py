"""The GRU as a function of its weights, in TensorFlow: a loop over time."""

import tensorflow as tf


def forward(weights: dict[str, tf.Variable], x: tf.Tensor) -> tf.Tensor:
    """Inputs (batch, time, features) to outputs (batch, outputs)."""
    of_input, of_state = weights["gru.weight_ih_l0"], weights["gru.weight_hh_l0"]
    state = tf.zeros((x.shape[0], of_state.shape[1]), x.dtype)
    for now in tf.unstack(x, axis=1):
        reset, update, new = tf.split(now @ tf.transpose(of_input) + weights["gru.bias_ih_l0"], 3, 1)
        old_reset, old_update, old = tf.split(state @ tf.transpose(of_state) + weights["gru.bias_hh_l0"], 3, 1)
        reset, update = tf.sigmoid(reset + old_reset), tf.sigmoid(update + old_update)
        state = update * state + (1 - update) * tf.tanh(new + reset * old)
    return state @ tf.transpose(weights["output.weight"]) + weights["output.bias"]
