"""A transform in plain Python, example by example, in a DataLoader."""

import numpy as np
from torch.utils.data import DataLoader, Dataset

from engine.pipelines.transforms import turned


class _Pictures(Dataset):
    """_Pictures that are turned when they are asked for."""

    def __init__(self, pixels: np.ndarray, targets: np.ndarray):
        self.pixels, self.targets = pixels, targets

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, row: int):
        return turned(self.pixels[row], row), self.targets[row]


def pipeline(pixels: np.ndarray, targets: np.ndarray, batch_size: int, workers: int, prefetch: int) -> DataLoader:
    """Batches of turned pictures: `workers` processes make them, each `prefetch` batches ahead of the consumer."""
    return DataLoader(
        _Pictures(pixels, targets),
        batch_size=batch_size,
        num_workers=workers,
        prefetch_factor=prefetch if workers else None,
        persistent_workers=workers > 0,
    )
