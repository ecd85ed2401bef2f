"""How fast TensorFlow multiplies matrices and copies memory on this machine: what no step can be faster than."""

import time
from collections.abc import Callable

import tensorflow as tf

from engine.frameworks.device_tensorflow import own_device

SECONDS = 0.2  # of trying, from which the fastest call is taken


def product_seconds(copies: int, rows: int, inner: int, columns: int, dtype: str, device: str) -> float:
    """Seconds of one call that multiplies `copies` times a matrix (rows, inner) by one of (inner, columns)."""
    with tf.device(own_device(device)):
        left = tf.random.uniform((copies, rows, inner), dtype=dtype)
        right = tf.random.uniform((copies, inner, columns), dtype=dtype)
        return _fastest(lambda: tf.matmul(left, right))


def copy_seconds(numbers: int, dtype: str, device: str) -> float:
    """Seconds of copying so many numbers within the device's memory."""
    with tf.device(own_device(device)):
        begun = tf.random.uniform((numbers,), dtype=dtype)
        return _fastest(lambda: tf.raw_ops.DeepCopy(x=begun))


def _fastest(call: Callable[[], tf.Tensor]) -> float:
    """Seconds of the fastest of many calls, each waited for."""
    given = call()
    best, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        begun = time.perf_counter()
        given = call()
        if "GPU" in given.device:
            tf.reshape(given, (-1,))[0].numpy()
        best = min(best, time.perf_counter() - begun)
    return best
