"""Which devices TensorFlow sees."""

import tensorflow as tf

from engine.measure.device import Device, gpu_memory


def seen() -> list[Device]:
    """The CPU, and each CUDA GPU with its memory in bytes."""
    devices = [Device("cpu", "CPU", None)]
    for index, gpu in enumerate(tf.config.list_physical_devices("GPU")):
        name = tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
        devices.append(Device(f"cuda:{index}", name, gpu_memory(index)))
    return devices
