"""The examples that both pipelines deliver, and the transform in plain Python that both call."""

import math
from functools import cache

import numpy as np

SIDE = 8  # pixels of a picture's side
BRIGHTEST = 16.0
LEAST_BATCHES = 500  # of an epoch whose batches take microseconds


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Handwritten digits: pixels (1797, 64) of float32 from 0 to 16, and which digit it is (1797,) of int64."""
    from sklearn.datasets import load_digits  # takes a moment to import, and the server never needs it

    found = load_digits()
    return found.data.astype(np.float32), found.target.astype(np.int64)


def epoch(transform: str, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (n, 64) and digits (n,) of one epoch: the light transform's has the digits many times over."""
    pixels, targets = digits()
    if transform == "python":
        return pixels, targets
    times = -(-LEAST_BATCHES * batch_size // len(pixels))
    return np.tile(pixels, (times, 1)), np.tile(targets, times)


def scaled(pixels):
    """Pixels from -1 to 1, of a whole batch (b, 64) at once, as whichever framework's tensor it is given."""
    return pixels / 8 - 1


def turned(pixels: np.ndarray, row: int) -> np.ndarray:
    """A picture (64,) turned by an angle that depends on its row, from 0 to 1, pixel by pixel in plain Python."""
    angle = math.radians(row % 31 - 15)
    cosine, sine, middle = math.cos(angle), math.sin(angle), (SIDE - 1) / 2
    old = pixels.tolist()
    new = []
    for y in range(SIDE):
        for x in range(SIDE):
            right = cosine * (x - middle) + sine * (y - middle) + middle
            down = cosine * (y - middle) - sine * (x - middle) + middle
            left, top = math.floor(right), math.floor(down)
            value = 0.0
            for dy, near in ((0, 1 - down + top), (1, down - top)):
                for dx, share in ((0, 1 - right + left), (1, right - left)):
                    if 0 <= left + dx < SIDE and 0 <= top + dy < SIDE:
                        value += near * share * old[(top + dy) * SIDE + left + dx]
            new.append(value / BRIGHTEST)
    return np.array(new, dtype=np.float32)


FUNCTIONS = {"python": turned, "light": scaled}
