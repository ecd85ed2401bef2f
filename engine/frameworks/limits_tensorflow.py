"""How fast TensorFlow multiplies matrices and copies memory on this machine: what no step can be faster than."""

import statistics
import time
from collections.abc import Callable

import tensorflow as tf

from engine.frameworks.device_tensorflow import own_device

SECONDS = 0.2  # of trying, so that the fastest call is told


def product_seconds(copies: int, rows: int, inner: int, columns: int, dtype: str, device: str) -> tuple[float, float]:
    """Seconds, fastest and median, of a call: `copies` products of a matrix (rows, inner) with one (inner, columns)."""
    with tf.device(own_device(device)):
        left = tf.random.uniform((copies, rows, inner), dtype=dtype)
        right = tf.random.uniform((copies, inner, columns), dtype=dtype)
        return _timed(lambda: tf.matmul(left, right))


def copy_seconds(numbers: int, dtype: str, device: str) -> tuple[float, float]:
    """Seconds, fastest and median, of a call that copies so many numbers within the device's memory."""
    with tf.device(own_device(device)):
        begun = tf.random.uniform((numbers,), dtype=dtype)
        return _timed(lambda: tf.raw_ops.DeepCopy(x=begun))


def _timed(call: Callable[[], tf.Tensor]) -> tuple[float, float]:
    """Seconds of the fastest of many calls, each waited for, and their median."""
    given = call()
    taken, end = [], time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        begun = time.perf_counter()
        given = call()
        if "GPU" in given.device:
            tf.reshape(given, (-1,))[0].numpy()
        taken.append(time.perf_counter() - begun)
    return min(taken), statistics.median(taken)
