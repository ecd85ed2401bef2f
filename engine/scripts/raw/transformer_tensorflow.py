"""The character transformer as a function of its weights, in TensorFlow."""

from collections.abc import Callable

import tensorflow as tf


def forward(
    weights: dict[str, tf.Variable],
    tokens: tf.Tensor,
    depth: int,
    heads: int,
    epsilon: float,
    gelu: Callable,
    drop: Callable | None = None,
) -> tf.Tensor:
    """Tokens (batch, time) to logits (batch, time, tokens); `drop(x, number)` is its dropout."""
    drop = drop or _keep
    x = tf.gather(weights["embedding.token.weight"], tokens) + weights["embedding.position.weight"][: tokens.shape[1]]
    x = drop(x, 0)
    for number in range(1, depth + 1):
        name = f"block{number}"
        mixed = _attention(weights, f"{name}.attention", _norm(weights, f"{name}.attention_norm", x, epsilon), heads)
        x = x + drop(mixed, 2 * number - 1)
        wide = gelu(_linear(weights, f"{name}.expand", _norm(weights, f"{name}.mlp_norm", x, epsilon)))
        x = x + drop(_linear(weights, f"{name}.contract", wide), 2 * number)
    return _linear(weights, "output", _norm(weights, "norm", x, epsilon))


def _keep(x: tf.Tensor, number: int) -> tf.Tensor:
    return x


def _attention(weights: dict[str, tf.Variable], name: str, x: tf.Tensor, heads: int) -> tf.Tensor:
    """Each token looks at itself and at those before it: (batch, time, width) to the same."""
    query = _split(_linear(weights, f"{name}.query", x), heads)
    key = _split(x @ tf.transpose(weights[f"{name}.key.weight"]), heads)  # softmax would ignore its bias
    value = _split(_linear(weights, f"{name}.value", x), heads)
    scores = tf.matmul(query, key, transpose_b=True) * query.shape[3] ** -0.5
    before = tf.linalg.band_part(tf.ones(scores.shape[2:], tf.bool), -1, 0)
    scores = tf.where(before, scores, tf.constant(float("-inf"), scores.dtype))
    mixed = tf.nn.softmax(scores, 3) @ value
    return _linear(weights, f"{name}.projection", tf.reshape(tf.transpose(mixed, (0, 2, 1, 3)), x.shape))


def _split(x: tf.Tensor, heads: int) -> tf.Tensor:
    """(batch, time, width) to (batch, heads, time, width / heads)."""
    batch, time, width = x.shape
    return tf.transpose(tf.reshape(x, (batch, time, heads, width // heads)), (0, 2, 1, 3))


def _norm(weights: dict[str, tf.Variable], name: str, x: tf.Tensor, epsilon: float) -> tf.Tensor:
    """Each token with a mean of 0 and a variance of 1, then scaled and shifted."""
    mean, variance = tf.nn.moments(x, 2, keepdims=True)
    return (x - mean) / tf.sqrt(variance + epsilon) * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def _linear(weights: dict[str, tf.Variable], name: str, x: tf.Tensor) -> tf.Tensor:
    return x @ tf.transpose(weights[f"{name}.weight"]) + weights[f"{name}.bias"]
