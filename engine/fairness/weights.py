"""The initial weights that both frameworks share in the matched policy, drawn without either of them."""

import hashlib

import numpy as np

from engine.config import RunConfig
from engine.networks.catalogue import NETWORKS
from engine.networks.shapes import Weight, Weights


def shapes(config: RunConfig) -> Weights:
    """What the network's trainable weights are, by name, in canonical layout."""
    return NETWORKS[config.network].weights(config.form, **config.network_options)


def initial_weights(config: RunConfig) -> dict[str, np.ndarray]:
    """Each weight by name, float64, in canonical layout, distributed as PyTorch's own initialisation has it.

    Each is drawn from a generator seeded by (seed, name), so any worker on any machine draws the same numbers.
    """
    return {name: _drawn(config.seed, name, weight) for name, weight in shapes(config).items()}


def _drawn(seed: int, name: str, weight: Weight) -> np.ndarray:
    generator = _generator(seed, name)
    match weight.begin:
        case "uniform":
            return generator.uniform(-1, 1, weight.shape) / np.sqrt(weight.fan_in)
        case "normal":
            return generator.standard_normal(weight.shape)
        case "ones":
            return np.ones(weight.shape)
        case "zeros":
            return np.zeros(weight.shape)


def _generator(seed: int, name: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))
