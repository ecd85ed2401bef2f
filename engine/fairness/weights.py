"""The initial weights that both frameworks share in the matched policy, drawn without either of them."""

import hashlib

import numpy as np

from engine.config import RunConfig
from engine.fairness.defaults import matches
from engine.networks.shapes import Weight, Weights


def shapes(config: RunConfig) -> Weights:
    """What the network's trainable weights are, by name, in canonical layout."""
    return config.network_entry.weights(config.form, **config.network_options)


def initial_weights(config: RunConfig) -> dict[str, np.ndarray]:
    """Each weight by name, float64, in canonical layout, distributed as PyTorch's own initialisation has it.

    Each is drawn from a generator seeded by (seed, name), so any worker on any machine draws the same numbers.
    A second bias that PyTorch's LSTM is left begins at zero, so that the sum of both is the one that is shared.
    """
    found = {name: _drawn(config.seed, name, weight) for name, weight in shapes(config).items()}
    if "lstm" in config.network_entry.contains and not matches(config, "lstm_bias"):
        biases = {name: value for name, value in found.items() if "bias_ih" in name}
        found |= {name.replace("bias_ih", "bias_hh"): np.zeros_like(value) for name, value in biases.items()}
    return found


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
