"""Which devices PyTorch sees."""

import torch

from engine.measure.device import Device


def seen() -> list[Device]:
    """The CPU, each CUDA GPU with its memory in bytes, and Apple's MPS."""
    devices = [Device("cpu", "CPU", None)]
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        devices.append(Device(f"cuda:{index}", properties.name, properties.total_memory))
    if torch.backends.mps.is_available():
        devices.append(Device("mps", "Apple GPU (MPS)", None))
    return devices
