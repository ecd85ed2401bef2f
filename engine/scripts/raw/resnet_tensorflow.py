"""The residual network as a function of its weights, in TensorFlow."""

from collections.abc import Callable

import tensorflow as tf


def statistics(weights: dict[str, tf.Variable]) -> dict[str, tf.Variable]:
    """What batch norm knows before the first batch: a mean of 0 and a variance of 1 for each channel."""
    scales = {name: weight for name, weight in weights.items() if "norm" in name and name.endswith("weight")}
    means = {name.replace("weight", "mean"): tf.zeros_like(scale) for name, scale in scales.items()}
    variances = {name.replace("weight", "variance"): tf.ones_like(scale) for name, scale in scales.items()}
    return {name: tf.Variable(value) for name, value in (means | variances).items()}


def batch_norm(
    weights: dict[str, tf.Variable],
    running: dict[str, tf.Variable],
    x: tf.Tensor,
    name: str,
    training: bool,
    epsilon: float,
    kept: float,
    unbiased: bool,
) -> tf.Tensor:
    """Images (batch, height, width, channels) with a mean of 0 and a variance of 1, then scaled and shifted.

    In training mean and variance are the batch's, and `running` keeps the share `kept` of what it knew of them.
    """
    if training:
        mean, variance = tf.nn.moments(x, (0, 1, 2))
        count = x.shape.num_elements() / mean.shape.num_elements()
        factor = count / (count - 1) if unbiased else 1.0
        for part, new in (("mean", mean), ("variance", factor * variance)):
            known = running[f"{name}.{part}"]
            known.assign(kept * known + (1 - kept) * new)
    else:
        mean, variance = running[f"{name}.mean"], running[f"{name}.variance"]
    scale, shift = weights[f"{name}.weight"], weights[f"{name}.bias"]
    return (x - mean) / tf.sqrt(variance + epsilon) * scale + shift


def forward(weights: dict[str, tf.Variable], x: tf.Tensor, blocks: int, norm: Callable) -> tf.Tensor:
    """Images (batch, height, width, channels) to logits (batch, outputs); `norm(x, name)` is batch norm."""
    x = tf.nn.relu(norm(_conv(x, weights["conv1.weight"], 1), "norm1"))
    for stage in (1, 2, 3):
        for number in range(1, blocks + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            x = _block(weights, x, f"stage{stage}.block{number}", stride, norm)
    x = tf.reduce_mean(x, (1, 2))
    return x @ tf.transpose(weights["output.weight"]) + weights["output.bias"]


def _block(weights: dict[str, tf.Variable], x: tf.Tensor, name: str, stride: int, norm: Callable) -> tf.Tensor:
    """Two 3×3 convolutions, whose input is added to their output: as it is, or through 1×1 where the shape changes."""
    y = tf.nn.relu(norm(_conv(x, weights[f"{name}.conv1.weight"], stride), f"{name}.norm1"))
    y = norm(_conv(y, weights[f"{name}.conv2.weight"], 1), f"{name}.norm2")
    if f"{name}.shortcut.weight" in weights:
        x = norm(_conv(x, weights[f"{name}.shortcut.weight"], stride), f"{name}.shortcut_norm")
    return tf.nn.relu(x + y)


def _conv(x: tf.Tensor, weight: tf.Variable, stride: int) -> tf.Tensor:
    """Padded all around, so that a stride of 1 keeps height and width."""
    padding = weight.shape[2] // 2  # "SAME" would pad an even image only below and on the right at a stride of 2
    kernel = tf.transpose(weight, (2, 3, 1, 0))  # to (height, width, inputs, outputs)
    return tf.nn.conv2d(x, kernel, stride, [[0, 0], [padding, padding], [padding, padding], [0, 0]])
