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


def own_device(device: str) -> torch.device:
    """What PyTorch takes for `cpu`, `cuda:0` or `mps`."""
    return torch.device(device)


def device_name(device: torch.device) -> str:
    """What a GPU's maker calls it; of others the kind."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
