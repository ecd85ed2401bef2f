"""What the claims say of TensorFlow as it is pinned."""

import keras
import tensorflow as tf


def test_it_is_eager_and_makes_a_graph_when_asked() -> None:
    assert tf.executing_eagerly()
    assert not tf.function(tf.executing_eagerly)()


def test_the_step_of_fit_is_a_graph() -> None:
    seen = []

    class Looked(keras.Model):
        def call(self, x: tf.Tensor) -> tf.Tensor:
            seen.append(tf.executing_eagerly())
            return x

    model = Looked()
    model.compile(loss="mse", optimizer="sgd")
    model.evaluate(tf.ones((4, 1)), tf.ones((4, 1)), verbose=0)
    assert seen
    assert seen[-1] is False


def test_mixed_precision_and_a_compiler_are_there() -> None:
    assert keras.mixed_precision.DTypePolicy("mixed_bfloat16").compute_dtype == "bfloat16"
    assert float(tf.function(lambda x: x * 2, jit_compile=True)(tf.constant(2.0))) == 4.0
