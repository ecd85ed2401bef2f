"""What a device is called and how much memory it has."""

import shutil
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Device:
    """`name` is what a config calls it; `memory` is in bytes, None where the system's memory counts."""

    name: str
    title: str
    memory: int | None


def gpu_memory(index: int) -> int | None:
    """Memory of an NVIDIA GPU in bytes, from its driver, for frameworks that do not tell; None without the driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = [program, f"--id={index}", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    answer = subprocess.run(query, capture_output=True, text=True, timeout=30, check=False)
    return int(answer.stdout) * 2**20 if answer.returncode == 0 else None
