"""A weight and its inputs are on two devices, in TensorFlow: two halves of the processor, as every machine can have."""

import tensorflow as tf

(CPU,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(CPU, [tf.config.LogicalDeviceConfiguration()] * 2)


def planted(wrap):
    with tf.device("CPU:1"):
        weight = tf.ones((4, 3))  # planted
    _predict(wrap, weight)


def found(wrap):
    tf.config.experimental.set_device_policy("explicit")
    planted(wrap)


def mended(wrap):
    tf.config.experimental.set_device_policy("explicit")
    with tf.device("CPU:0"):
        weight = tf.ones((4, 3))
    _predict(wrap, weight)


def _predict(wrap, weight):
    @wrap
    def predict(inputs):
        return inputs @ weight

    outputs = predict(tf.ones((2, 4)))
    print("outputs on", outputs.device[-5:], "and of shape", outputs.shape.as_list())
