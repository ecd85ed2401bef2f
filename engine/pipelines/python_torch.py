"""A transform in plain Python, example by example, in a DataLoader."""

from collections.abc import Callable

import numpy as np
from torch.utils.data import DataLoader, Dataset


class _Pictures(Dataset):
    """Pictures that are transformed when they are asked for."""

    def __init__(self, pixels: np.ndarray, targets: np.ndarray, transform: Callable):
        self.pixels, self.targets, self.transform = pixels, targets, transform

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, row: int):
        return self.transform(self.pixels[row], row), self.targets[row]


def pipeline(
    pixels: np.ndarray, targets: np.ndarray, transform: Callable, batch_size: int, workers: int, prefetch: int
) -> DataLoader:
    """Batches of pictures: `workers` processes make them, each `prefetch` batches ahead of the consumer."""
    return DataLoader(
        _Pictures(pixels, targets, transform),
        batch_size=batch_size,
        num_workers=workers,
        prefetch_factor=prefetch if workers else None,
        persistent_workers=workers > 0,
    )
