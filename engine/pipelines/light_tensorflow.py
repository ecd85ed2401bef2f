"""A light transform, a whole batch at once, in tf.data."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf


def pipeline(
    pixels: np.ndarray, targets: np.ndarray, transform: Callable, batch_size: int, workers: int, prefetch: int
) -> tf.data.Dataset:
    """Batches of pictures: `workers` calls at once make them, `prefetch` batches ahead of the consumer."""

    def transformed(inputs: tf.Tensor, chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return transform(inputs), chosen

    examples = tf.data.Dataset.from_tensor_slices((pixels, targets))
    batches = examples.batch(batch_size).map(transformed, num_parallel_calls=workers or None)
    return batches.prefetch(prefetch) if prefetch else batches
