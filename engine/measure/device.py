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
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    name = visible[index] if index < len(visible) and visible[index] else str(index)
    try:
        return int(_driver("memory.total", f"--id={name}")) * 2**20
    except ValueError:  # some GPUs and drivers do not say; None means that
        return None


def gpus() -> dict[str, str]:
    """NVIDIA's GPUs of this machine by their number, each with its name and its driver; none where no driver tells."""
    rows = (line.split(", ") for line in _driver("index,name,driver_version").splitlines())
    return {row[0]: f"{row[1]}, driver {row[2]}" for row in rows if len(row) == 3}


def _driver(what: str, *more: str) -> str:
    """What NVIDIA's driver answers, a line for each GPU; empty where there is none, or it does not answer."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    query = [program, *more, f"--query-gpu={what}", "--format=csv,noheader,nounits"]
    try:
        return subprocess.run(query, capture_output=True, text=True, timeout=DRIVER_SECONDS, check=True).stdout
    except (subprocess.SubprocessError, OSError):
        return ""
