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


def own_device(device: str) -> str:
    """What TensorFlow takes for `cpu` or `cuda:0`."""
    return device.replace("cuda", "GPU").replace("cpu", "CPU:0")


def device_name(device: str) -> str:
    """What a GPU's maker calls it; of others the kind."""
    gpus = tf.config.list_physical_devices("GPU")
    if "GPU" not in device:
        return "cpu"
    return tf.config.experimental.get_device_details(gpus[int(device.split(":")[1])]).get("device_name", device)
