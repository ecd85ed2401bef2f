"""Where TensorFlow's tensors end up. The second device is half of the processor, which every machine can make."""

import keras
import tensorflow as tf

RAISED = (tf.errors.InvalidArgumentError,)  # what a missing device raises
SECOND, MISSING = "CPU:1", "GPU:7"

processor = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)


def automatic() -> dict[str, str]:
    """Nothing said."""
    x, layer = tf.ones((4, 3)), keras.layers.Dense(2)
    output = layer(x)
    return {"tensor": x.device, "weight": layer.kernel.value.device, "output": output.device}


def moved() -> dict[str, str]:
    """Made, then copied."""
    x, layer = tf.ones((4, 3)), keras.layers.Dense(2)
    layer.build((None, 3))
    with tf.device(SECOND):
        copy = tf.identity(x)
        layer(copy)
    return {"tensor": x.device, "copy": copy.device, "weight": layer.kernel.value.device}


def within() -> dict[str, str]:
    """Made there."""
    with tf.device(SECOND):
        x, layer = tf.ones((4, 3)), keras.layers.Dense(2)
        output = layer(x)
    return {"tensor": x.device, "weight": layer.kernel.value.device, "output": output.device}


def outside() -> dict[str, str]:
    """Made there, computed with after that."""
    with tf.device(SECOND):
        x, layer = tf.ones((4, 3)), keras.layers.Dense(2)
        layer.build((None, 3))
    return {"tensor": x.device, "weight": layer.kernel.value.device, "output": layer(x).device}


def missing() -> dict[str, str]:
    """Made where nothing is."""
    with tf.device(MISSING):
        x = tf.ones((4, 3))
    return {"tensor": x.device}


def strict() -> dict[str, str]:
    """Made where nothing is, without a way out."""
    tf.config.set_soft_device_placement(False)
    with tf.device(MISSING):
        x = tf.ones((4, 3))
    return {"tensor": x.device}
