"""LeNet-5 as a function of its weights, in TensorFlow."""

import tensorflow as tf


def forward(weights: dict[str, tf.Variable], x: tf.Tensor) -> tf.Tensor:
    """Images (batch, height, width, channels) of 8×8, 28×28 or 32×32 pixels to logits (batch, outputs)."""
    height = x.shape[1]
    padding1, padding2 = "VALID" if height == 32 else "SAME", "SAME" if height == 8 else "VALID"
    x = tf.nn.conv2d(x, _kernel(weights["conv1.weight"]), 1, padding1) + weights["conv1.bias"]
    x = tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, "VALID")
    x = tf.nn.conv2d(x, _kernel(weights["conv2.weight"]), 1, padding2) + weights["conv2.bias"]
    x = tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, "VALID")
    x = tf.reshape(tf.transpose(x, (0, 3, 1, 2)), (x.shape[0], -1))  # in the order channels, height, width
    x = tf.nn.relu(x @ tf.transpose(weights["fc1.weight"]) + weights["fc1.bias"])
    x = tf.nn.relu(x @ tf.transpose(weights["fc2.weight"]) + weights["fc2.bias"])
    return x @ tf.transpose(weights["output.weight"]) + weights["output.bias"]


def _kernel(weight: tf.Variable) -> tf.Tensor:
    """(outputs, inputs, height, width) as TensorFlow has it: (height, width, inputs, outputs)."""
    return tf.transpose(weight, (2, 3, 1, 0))
