"""Dropout masks of the matched policy as NumPy computes them, against which both frameworks' own are held."""

import hashlib
import math

import numpy as np

LOW = 0xFFFFFFFF  # the low 32 bits


def mask(seed: int, layer: int, step: int, shape: tuple[int, ...], rate: float) -> np.ndarray:
    """What a dropout layer multiplies its input by at one step: 0 with probability `rate`, else 1/(1 − rate).

    `layer` numbers the network's dropout layers from 0 in the order in which they are built, `step` the training
    passes from 0, and `shape` is canonical: images are (batch, channels, height, width). float64.

    Nothing is drawn one after another, so any element can be had alone, anywhere: a hash of seed, layer and step gives
    the start and the odd stride of a counter over the elements, whose values are hashed (SplitMix: Steele, Lea and
    Flood, Fast splittable pseudorandom number generators, 2014). No product exceeds 63 bits.
    """
    key = hashlib.sha256(f"{seed}/dropout/{layer}".encode()).digest()
    start, stride = _hash(np.frombuffer(key[:8], dtype="<u4").astype(np.int64) ^ step)
    bits = _hash(np.arange(math.prod(shape), dtype=np.int64) * (stride >> 1 | 1) + start & LOW)
    return np.where(bits >= round(rate * 2**32), 1 / (1 - rate), 0.0).reshape(shape)


def _hash(x: np.ndarray) -> np.ndarray:
    """A permutation of 0…2³²−1 in which each bit of x changes each bit of the result half of the time.

    Xor-shifts and products like those that end MurmurHash3; these factors have 31 bits and hardly any bias
    (Wellons, Prospecting for hash functions, 2018, and its list of results).
    """
    x = (x ^ (x >> 16)) * 0x21F0AAAD & LOW
    x = (x ^ (x >> 15)) * 0x735A2D97 & LOW
    return x ^ (x >> 15)
