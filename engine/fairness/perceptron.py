"""The loss and the gradients of networks made of linear layers, in NumPy: what a batch should have given."""

from collections.abc import Callable, Mapping
from itertools import count

import numpy as np
from scipy.special import expit, ndtr

from engine.config import RunConfig
from engine.fairness.dropout import mask

NETWORKS = ("logistic", "simple_net", "plain_mlp", "mlp")


def loss_and_gradients(
    config: RunConfig, weights: Mapping[str, np.ndarray], inputs: np.ndarray, targets: np.ndarray, step: int = 0
) -> tuple[float, dict[str, np.ndarray]]:
    """The loss of one training batch (examples, inputs) at step `step`, and its gradient by each weight.

    In float64 throughout. Only for NETWORKS, in the matched policy, whose dropout masks it uses.
    """
    names = list(weights)
    layers = [(names[place], names[place + 1]) for place in range(0, len(names), 2)]
    activate = ACTIVATIONS[str(config.network_options.get("activation", "relu"))]
    rate, numbers = float(config.network_options.get("dropout", 0.0)), count()  # type: ignore[arg-type]
    x, passed = inputs.astype(np.float64), []
    for weight, bias in layers[:-1]:
        value, slope = activate(x @ weights[weight].T + weights[bias])
        kept = mask(config.seed, next(numbers), step, value.shape, rate) if rate else 1.0
        passed.append((x, slope * kept))
        x = value * kept
    weight, bias = layers[-1]
    loss, back = _loss(x @ weights[weight].T + weights[bias], targets)
    gradients = {weight: back.T @ x, bias: back.sum(axis=0)}
    for (weight, bias), (x, slope), above in zip(layers[-2::-1], passed[::-1], layers[:0:-1], strict=True):
        back = back @ weights[above[0]] * slope
        gradients |= {weight: back.T @ x, bias: back.sum(axis=0)}
    return loss, gradients


def _loss(outputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean loss, and its gradient by the outputs: cross-entropy for classes, squared error for values."""
    if targets.dtype.kind != "i":
        error = outputs - targets
        return float(np.mean(error**2)), 2 * error / error.size
    rows = np.arange(len(targets))
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    back = np.exp(log_shares)
    back[rows, targets] -= 1
    return float(-log_shares[rows, targets].mean()), back / len(targets)


def _relu(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.maximum(x, 0), (x > 0).astype(np.float64)


def _tanh(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    value = np.tanh(x)
    return value, 1 - value**2


def _sigmoid(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    value = expit(x)
    return value, value * (1 - value)


def _gelu(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return x * ndtr(x), ndtr(x) + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def _silu(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    value = expit(x)
    return x * value, value * (1 + x * (1 - value))


# Each gives the value and the slope.
ACTIVATIONS: dict[str, Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]] = {
    "relu": _relu,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "gelu": _gelu,
    "silu": _silu,
}
