"""A transform in plain Python, example by example, in tf.data."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf


def pipeline(
    pixels: np.ndarray, targets: np.ndarray, transform: Callable, batch_size: int, workers: int, prefetch: int
) -> tf.data.Dataset:
    """Batches of pictures: `workers` calls at once make them, `prefetch` batches ahead of the consumer."""

    def picture(row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return transform(pixels[row], int(row)), targets[row]

    def example(row: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        inputs, target = tf.numpy_function(picture, [row], (tf.float32, tf.int64))
        return tf.ensure_shape(inputs, [pixels.shape[1]]), tf.ensure_shape(target, [])

    examples = tf.data.Dataset.range(len(pixels)).map(example, num_parallel_calls=workers or None)
    batches = examples.batch(batch_size)
    return batches.prefetch(prefetch) if prefetch else batches
