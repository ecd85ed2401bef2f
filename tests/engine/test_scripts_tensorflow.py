"""The scripts in TensorFlow."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.datasets.dataset import Form
from engine.frameworks.weights_tensorflow import canonical, trainable
from engine.networks import lenet_tensorflow
from engine.networks.catalogue import NETWORKS
from engine.scripts.raw import lenet_tensorflow as raw

pytest.register_assert_rewrite("tests.engine.scripts_suite")
from tests.engine.scripts_suite import ScriptsSuite  # noqa: E402


class TestTensorFlow(ScriptsSuite):
    framework = "tensorflow"

    @pytest.mark.parametrize("size", [8, 28, 32])
    def test_lenet_in_raw_tensors_on_images_of_each_size(self, size):
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        network, x = lenet_tensorflow.build((3, size, size), 10), tf.random.uniform((4, size, size, 3), dtype="float64")
        shapes = NETWORKS["lenet"].weights(Form("image", (3, size, size), 10, "classification", 4))
        weights = {}
        for name, variable in trainable(network).items():
            weights |= canonical(name, variable.numpy(), shapes)
        found = raw.forward({name: tf.Variable(value) for name, value in weights.items()}, x)
        assert found.shape == (4, 10)
        assert np.allclose(found, network(x), rtol=1e-12)
