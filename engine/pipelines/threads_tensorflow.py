"""A matrix product and a step of a small network in TensorFlow, with so many threads inside and between operations."""

from collections.abc import Callable

import tensorflow as tf


def set_threads(inside: int, between: int) -> tuple[int, int]:
    """Set both, before anything is computed; returns what TensorFlow then says of them."""
    threading = tf.config.threading
    threading.set_intra_op_parallelism_threads(inside)
    threading.set_inter_op_parallelism_threads(between)
    return threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads()


def matrix_product(size: int) -> Callable[[], object]:
    """One product of two float32 matrices (size, size)."""
    one, other = tf.random.normal((size, size)), tf.random.normal((size, size))
    return lambda: tf.matmul(one, other).numpy()


def network_step(batch: int, inputs: int, width: int, branches: int, outputs: int) -> Callable[[], object]:
    """A step of gradient descent on the sum of branches that know nothing of each other; squared error."""
    x, target = tf.random.normal((batch, inputs)), tf.random.normal((batch, outputs))
    shapes = [shape for _ in range(branches) for shape in ((inputs, width), (width, outputs))]
    weights = [tf.Variable(0.05 * tf.random.normal(shape)) for shape in shapes]

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            parts = [tf.nn.relu(x @ weights[at]) @ weights[at + 1] for at in range(0, 2 * branches, 2)]
            loss = tf.reduce_mean((tf.add_n(parts) - target) ** 2)
        for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
            weight.assign_sub(0.01 * gradient)
        return loss

    return lambda: step().numpy()
