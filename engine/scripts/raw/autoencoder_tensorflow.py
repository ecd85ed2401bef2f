"""The convolutional autoencoder as a function of its weights, in TensorFlow."""

import tensorflow as tf


def forward(weights: dict[str, tf.Variable], x: tf.Tensor) -> tf.Tensor:
    """Images (batch, height, width, channels) to such images."""
    # With a kernel of 4 and a stride of 2, "SAME" pads every side by one, as PyTorch's padding=1 does.
    x = tf.nn.conv2d(x, _kernel(weights["conv1.weight"]), 2, "SAME") + weights["conv1.bias"]
    x = tf.nn.relu(x)
    x = tf.nn.conv2d(x, _kernel(weights["conv2.weight"]), 2, "SAME") + weights["conv2.bias"]
    x = _transposed_conv(x, weights["deconv1.weight"]) + weights["deconv1.bias"]
    x = tf.nn.relu(x)
    return _transposed_conv(x, weights["deconv2.weight"]) + weights["deconv2.bias"]


def _kernel(weight: tf.Variable) -> tf.Tensor:
    """(outputs, inputs, height, width) as TensorFlow has it: (height, width, inputs, outputs)."""
    return tf.transpose(weight, (2, 3, 1, 0))


def _transposed_conv(x: tf.Tensor, weight: tf.Variable) -> tf.Tensor:
    """To twice the height and width; `weight` is (inputs, outputs, height, width)."""
    batch, height, width, _ = x.shape
    return tf.nn.conv2d_transpose(x, _kernel(weight), (batch, 2 * height, 2 * width, weight.shape[1]), 2, "SAME")
