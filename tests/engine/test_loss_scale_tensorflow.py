"""Loss scaling in TensorFlow against keras.optimizers.LossScaleOptimizer."""

import keras
import pytest
import tensorflow as tf

pytest.register_assert_rewrite("tests.engine.loss_scale_suite")
from engine.config import RunConfig  # noqa: E402
from engine.frameworks.loss_scale_tensorflow import LossScale  # noqa: E402
from engine.frameworks.optimizer_tensorflow import Optimizer  # noqa: E402
from tests.engine.loss_scale_suite import SMALL, LossScaleSuite  # noqa: E402


class TestTensorFlow(LossScaleSuite):
    framework = "tensorflow"
    executions = ("eager", "graph", "xla")

    def own_scales(self, gradients):
        weight = keras.Variable(tf.zeros(2))
        optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
        optimizer.build([weight])
        apply = tf.function(lambda gradient: optimizer.apply([gradient], [weight]))
        found = []
        for gradient in gradients:
            apply(tf.constant(gradient))
            found.append(float(optimizer.dynamic_scale))
        return found

    def our_scales(self, gradients):
        config = RunConfig.build(SMALL | {"policy": "defaults", "optimizer": "sgd"})
        scale = LossScale(config, Optimizer(config, {"weight": keras.Variable(tf.zeros(2))}))
        apply = tf.function(lambda gradient: scale.apply([gradient], tf.constant(0.1, tf.float64)))
        found = []
        for gradient in gradients:
            apply(tf.constant(gradient))
            found.append(scale.told()[0])
        return found
