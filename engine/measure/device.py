"""What a device is called and how much memory it has."""

import os
import shutil
import subprocess
from dataclasses import dataclass

DRIVER_SECONDS = 30


@dataclass(frozen=True)
class Device:
    """`name` is what a config calls it; `memory` is in bytes, None where the system's memory counts."""

    name: str
    title: str
    memory: int | None


def gpu_memory(index: int) -> int | None:
    """Memory of an NVIDIA GPU in bytes, from its driver, for a framework that does not tell; None where it is not told.

    `index` counts the GPUs that CUDA_VISIBLE_DEVICES leaves, in the driver's order.
    """
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    name = visible[index] if index < len(visible) and visible[index] else str(index)
    query = [program, f"--id={name}", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=DRIVER_SECONDS, check=True)
        return int(answer.stdout) * 2**20
    except (subprocess.SubprocessError, OSError, ValueError):  # some GPUs and drivers do not say; None means that
        return None
