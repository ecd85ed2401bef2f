"""Keras' layout of a network that has no recurrent layer, for its script: the engine's own knows those, too."""

from collections.abc import Mapping

import numpy as np

from engine.networks.shapes import Weights

# What PyTorch calls the last part of a variable's path; other names are the same in both.
RENAMED = {"kernel": "weight", "embeddings": "weight", "gamma": "weight", "beta": "bias"}


def own(name: str, values: Mapping[str, np.ndarray], shapes: Weights) -> np.ndarray:
    """The array for one trainable variable from canonical ones, which are laid out as PyTorch's."""
    layer, dot, last = name.rpartition(".")
    new = layer + dot + RENAMED.get(last, last)
    value = values[new]
    if last != "kernel":
        return value
    if flat := new in shapes and shapes[new].flattens:
        images = value.reshape(-1, *flat)
        return images.transpose(2, 3, 1, 0).reshape(-1, len(images))
    return value.transpose(2, 3, 1, 0) if value.ndim == 4 else value.T
