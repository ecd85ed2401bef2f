"""A light transform, a whole batch at once, in a DataLoader."""

from collections.abc import Callable

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class _Pictures(Dataset):
    """Pictures that are transformed when a batch of them is asked for."""

    def __init__(self, pixels: np.ndarray, targets: np.ndarray, transform: Callable):
        self.pixels, self.targets, self.transform = torch.from_numpy(pixels), torch.from_numpy(targets), transform

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitems__(self, rows: list[int]):
        return self.transform(self.pixels[rows]), self.targets[rows]


def _as_it_is(batch):
    """A batch that needs no collating."""
    return batch


def pipeline(
    pixels: np.ndarray, targets: np.ndarray, transform: Callable, batch_size: int, workers: int, prefetch: int
) -> DataLoader:
    """Batches of pictures: `workers` processes make them, each `prefetch` batches ahead of the consumer."""
    return DataLoader(
        _Pictures(pixels, targets, transform),
        batch_size=batch_size,
        collate_fn=_as_it_is,
        num_workers=workers,
        prefetch_factor=prefetch if workers else None,
        persistent_workers=workers > 0,
    )
