"""The layers of the matched policy in TensorFlow."""

import keras
import numpy as np
import pytest
import tensorflow as tf

pytest.register_assert_rewrite("tests.engine.layers_suite")
from tests.engine.layers_suite import LayersSuite, numbers  # noqa: E402


@pytest.fixture(autouse=True)
def _double_precision():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")


class TestTensorFlow(LayersSuite):
    framework = "tensorflow"
    own = frozenset({"Activation", "BatchNormalization", "Dropout", "LayerNormalization"})
    executions = ("eager", "graph", "xla")

    def namespace(self):
        return keras.layers

    def dropout(self, layers, rate):
        layer = layers.Dropout(rate)
        layer.build(())
        return layer

    def batch_norm(self, layers, shape):
        return layers.BatchNormalization()

    def layer_norm(self, layers, width):
        return layers.LayerNormalization()

    def gelu(self, layers):
        return layers.Activation("gelu")

    def apply(self, layer, x, training):
        return _canonical(layer(tf.constant(_own(x)), training=training)).numpy()

    def train_three_times(self, layer, x, execution):
        def three(x):
            outputs = tf.TensorArray(x.dtype, 3)
            for step in tf.range(3):
                outputs = outputs.write(step, layer(x, training=True))
            return outputs.stack()

        x = tf.constant(_own(x))
        run = three if execution == "eager" else tf.function(three, jit_compile=execution == "xla")
        return [_canonical(output).numpy() for output in run(x)]

    def gradient(self, layer, x):
        x = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(layer(x, training=True))
        return tape.gradient(total, x).numpy()

    def steps(self, layer):
        return int(layer.step.numpy())

    def set_steps(self, layer, count):
        layer.step.assign(count)

    def running(self, layer):
        return layer.moving_mean.numpy(), layer.moving_variance.numpy()

    def recurrent(self, layers, kind, x, weights):
        layer = getattr(layers, kind)(6)
        layer.build(x.shape)
        kernel, recurrent = (_gates(weights[name], kind).T for name in ("weight_ih_l0", "weight_hh_l0"))
        biases = [_gates(weights[name], kind) for name in weights if "bias" in name]
        layer.set_weights([kernel, recurrent, biases[0] if kind == "LSTM" else np.stack(biases)])
        return layer(tf.constant(x)).numpy(), layer.count_params()

    def test_dropout_keeps_its_count_where_it_stands_in_the_network(self):
        """Its weight has the path of the layer, does not train, and is no seed of Keras."""
        network = keras.Sequential([keras.Input((4,)), self.layers().Dropout(0.5, name="dropout")], name="network")
        assert [variable.path for variable in network.non_trainable_variables] == ["network/dropout/step"]
        assert network.trainable_variables == []

    def test_other_activations_are_keras_own(self):
        x = numbers(6, 5)
        for name in ("relu", "tanh", "sigmoid", "silu"):
            expected = keras.layers.Activation(name)(x).numpy()
            assert np.array_equal(self.layers().Activation(name)(x).numpy(), expected)


def _own(x):
    """Keras' layout of an array in canonical layout: an image's channels come last."""
    return np.moveaxis(x, 1, -1) if x.ndim == 4 else x


def _canonical(x):
    return tf.transpose(x, (0, 3, 1, 2)) if len(x.shape) == 4 else x


def _gates(value, kind):
    """Rows in Keras' order of gates: its GRU has update, reset, new."""
    if kind == "LSTM":
        return value
    reset, update, new = np.split(value, 3)
    return np.concatenate([update, reset, new])
