"""Exported files that PyTorch itself runs, loaded with no file of ours: what they hold has to be enough."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

VERSION = f"PyTorch {torch.__version__}"


def load(name: str, path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """What answers inputs (batch, …) with outputs. `name` is pt2 or aoti."""
    torch.set_num_threads(1)
    network = torch._inductor.aoti_load_package(str(path)) if name == "aoti" else torch.export.load(path).module()

    def answer(inputs: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return network(torch.from_numpy(inputs)).numpy()

    return answer
