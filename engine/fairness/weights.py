"""The initial weights that both frameworks share in the matched policy, drawn without either of them."""

import hashlib

import numpy as np

from engine.config import RunConfig
from engine.datasets.catalogue import DATASETS
from engine.networks.catalogue import NETWORKS


def initial_weights(config: RunConfig) -> dict[str, np.ndarray]:
    """Each weight by name, float64, in canonical layout, uniform in ±1/√fan_in (PyTorch's own initialisation).

    Each is drawn from a generator seeded by (seed, name), so any worker on any machine draws the same numbers.
    """
    dataset = DATASETS[config.dataset]
    shapes = NETWORKS[config.network].weights(dataset.inputs, dataset.outputs)
    return {
        name: _generator(config.seed, name).uniform(-1, 1, weight.shape) / np.sqrt(weight.fan_in)
        for name, weight in shapes.items()
    }


def _generator(seed: int, name: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))
