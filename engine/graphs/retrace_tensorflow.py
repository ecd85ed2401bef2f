"""One function traced in TensorFlow in several ways, which count how often tf.function traces it."""

from collections.abc import Callable

import tensorflow as tf

FEATURES = 8


def calls() -> dict[str, Callable[[int], int]]:
    """By the name of each way: a function that calls it with a batch of a size and says how many traces it had."""
    ways: dict[str, dict] = {
        "generalising": {"reduce_retracing": True},
        "static": {},
        "any_size": {"input_signature": [tf.TensorSpec([None, FEATURES])]},
    }
    return {name: _counted(options) for name, options in ways.items()}


def _counted(options: dict) -> Callable[[int], int]:
    weights = tf.ones([FEATURES, 4])
    traced = tf.function(lambda x: tf.nn.relu(x @ weights), **options)

    def call(size: int) -> int:
        traced(tf.ones([size, FEATURES]))
        return traced.experimental_get_tracing_count()

    return call
