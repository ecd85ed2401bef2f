"""tf.data with clocks in it: a transform in Python takes its own time, one in TensorFlow has clocks around it."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from engine.pipelines.clocks import Clock, Delivery, consumed


def parts(
    pipeline: Callable,
    pixels: np.ndarray,
    targets: np.ndarray,
    transform: Callable,
    batch_size: int,
    workers: int,
    prefetch: int,
    busy: float,
) -> dict[str, float]:
    """Seconds of the second epoch by part: see clocks.consumed. Batching has no clock of its own here."""
    in_python = len(inspect.signature(transform).parameters) > 1  # an example and its row
    clock = Clock(transform)
    clocked = clock if in_python else _between_clocks(transform)
    batches = pipeline(pixels, targets, clocked, batch_size, workers, 0)
    done = batches.map(lambda inputs, chosen: (inputs, chosen, tf.timestamp())).prefetch(prefetch)

    def told(batch: tuple[Any, Any, Any]) -> Delivery:
        taken, processor = clock.read() if in_python else (float(batch[0][1]), 0.0)
        return Delivery(taken, processor, 0.0, float(batch[2]))

    consumed(done, told, busy)
    clock.read()
    return consumed(done, told, busy)


def _between_clocks(transform: Callable) -> Callable:
    def clocked(pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        begun = tf.timestamp()
        with tf.control_dependencies([begun]):
            found = transform(tf.identity(pixels))
        with tf.control_dependencies([found]):
            return found, tf.timestamp() - begun

    return clocked
