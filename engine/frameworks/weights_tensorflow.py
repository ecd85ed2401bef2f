"""The names and layouts of a Keras network's variables, and the canonical ones, which are PyTorch's."""

from collections.abc import Mapping

import keras
import numpy as np

from engine.networks.shapes import Weights

# What PyTorch calls the last part of a variable's path; other names are the same in both.
RENAMED = {
    "lstm_cell.kernel": "weight_ih_l0",
    "lstm_cell.recurrent_kernel": "weight_hh_l0",
    "lstm_cell.bias": "bias_ih_l0",
    "gru_cell.kernel": "weight_ih_l0",
    "gru_cell.recurrent_kernel": "weight_hh_l0",
    "gru_cell.bias": "bias_ih_l0",
    "kernel": "weight",
    "embeddings": "weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def trainable(network: keras.Model) -> dict[str, keras.Variable]:
    """What training changes, by Keras' own names: `block1.attention.query.kernel`."""
    return {_path(network, variable): variable for variable in network.trainable_variables}


def running(network: keras.Model) -> dict[str, keras.Variable]:
    """What a training pass changes besides: running statistics, counts of steps, states of random generators."""
    found = {_path(network, variable): variable for variable in network.non_trainable_variables}
    # Keras counts its generators on from network to network, so their names say nothing.
    generators = [path for path in found if path.endswith("seed_generator_state")]
    known = {path: f"generator{number}" for number, path in enumerate(generators)}
    return {known.get(path) or _renamed(path): variable for path, variable in found.items()}


def canonical(name: str, value: np.ndarray, shapes: Weights) -> dict[str, np.ndarray]:
    """The array of one trainable variable under its canonical name and in canonical layout; a GRU's bias is two."""
    new = _renamed(name)
    if name.endswith("gru_cell.bias"):
        return {new: _swapped(value[0]), new.replace("_ih_", "_hh_"): _swapped(value[1])}
    if "gru_cell." in name:
        return {new: _swapped(value.T)}
    if not name.endswith("kernel"):
        return {new: value}
    if flat := new in shapes and shapes[new].flattens:
        channels, height, width = flat
        images = value.reshape(height, width, channels, -1)
        return {new: images.transpose(3, 2, 0, 1).reshape(images.shape[-1], -1)}
    return {new: value.transpose(3, 2, 0, 1) if value.ndim == 4 else value.T}


def own(name: str, values: Mapping[str, np.ndarray], shapes: Weights) -> np.ndarray:
    """The way back: the array for one trainable variable from canonical ones."""
    new = _renamed(name)
    value = values[new]
    if name.endswith("gru_cell.bias"):
        return np.stack([_swapped(value), _swapped(values[new.replace("_ih_", "_hh_")])])
    if "gru_cell." in name:
        return _swapped(value).T
    if not name.endswith("kernel"):
        return value
    if flat := new in shapes and shapes[new].flattens:
        images = value.reshape(-1, *flat)
        return images.transpose(2, 3, 1, 0).reshape(-1, len(images))
    return value.transpose(2, 3, 1, 0) if value.ndim == 4 else value.T


def _path(network: keras.Model, variable: keras.Variable) -> str:
    return variable.path.removeprefix(f"{network.name}/").replace("/", ".")


def _renamed(path: str) -> str:
    tail = next((tail for tail in RENAMED if path == tail or path.endswith(f".{tail}")), "")
    return path.removesuffix(tail) + RENAMED.get(tail, "")


def _swapped(gates: np.ndarray) -> np.ndarray:
    """A GRU's first two gates in the other order: PyTorch has reset before update, Keras update before reset."""
    first, second, new = np.split(gates, 3)
    return np.concatenate([second, first, new])
