"""How far rounding alone may put gradients and weights from what NumPy computes: see docs/certificate.md."""

from collections.abc import Mapping

import numpy as np

from engine.config import RunConfig
from engine.fairness.defaults import optimizer_parameters

ULPS = 64  # units in the last place that each weight may be off after an update
# Units in the last place of a tensor's largest gradient by which the one that was recorded may be off.
ROUNDING = {"plain": 16, "compiled": 256}
SMALL = 1e-3  # share of the whole gradient below which a tensor's own norm is no measure

Tensors = Mapping[str, np.ndarray]  # by canonical name


def farthest(found: Tensors, expected: Tensors, whole: float = 0.0) -> tuple[str, float]:
    """The tensor that is farthest from what is expected, and how far, relative to its norm.

    A small part of `whole`, or of the norm of all where that is larger, is added to each tensor's own.
    """
    floor = SMALL * max(whole, float(np.linalg.norm(flat(expected))))
    apart = {
        name: float(
            np.linalg.norm(found[name].astype(float) - value) / max(float(np.linalg.norm(value)) + floor, 1e-300)
        )
        for name, value in expected.items()
    }
    worst = max(apart, key=lambda name: np.inf if np.isnan(apart[name]) else apart[name])
    return worst, apart[worst]


def of_gradient(config: RunConfig, framework: str, gradients: Tensors, weights: Tensors) -> np.ndarray:
    """By how much each number of the recorded gradient may be off, in one vector.

    So many units in the last place of each tensor's largest gradient, decay of the weights included.
    """
    places = ROUNDING["compiled" if getattr(config.execution, framework) in ("compile", "xla") else "plain"]
    decay = optimizer_parameters(config, "torch")["weight_decay"]
    largest = {name: np.abs(value).max() + decay * np.abs(weights[name]).max() for name, value in gradients.items()}
    return places * flat(
        {n: np.full(value.shape, np.finfo(value.dtype).eps * largest[n]) for n, value in gradients.items()}
    )


def ulps(kind: np.dtype, before: np.ndarray, after: np.ndarray, expected: np.ndarray, slack: np.ndarray) -> float:
    """How many units in the last place the farthest weight is from where the update should have brought it."""
    off = np.maximum(np.abs(before - after - expected) - slack, 0)
    unit = np.finfo(kind).eps * (np.abs(before) + np.abs(expected))
    return float(np.max(off / np.maximum(unit, 1e-300)))


def rate_doubt(kind: np.dtype, before: np.ndarray, expected: np.ndarray) -> float:
    """By how much a learning rate may be off that is fitted to weights which are rounded after the step.

    `expected` is the update at a rate of one. Adam's first one has the same size everywhere, so all weights of one
    exponent round the same way, and nothing averages out.
    """
    unit = np.finfo(kind).eps * np.abs(before)
    return float(unit @ np.abs(expected) / max(float(expected @ expected), 1e-300))


def invisible(weights: Tensors, expected: np.ndarray) -> bool:
    """Whether rounding alone is a tenth of the update, so that the update says nothing."""
    unit = np.finfo(type_of(weights)).eps * np.abs(flat(weights))
    return bool(10 * np.linalg.norm(unit) > np.linalg.norm(expected))


def form(tensors: Tensors) -> dict[str, tuple[int, ...]]:
    """The shape of each."""
    return {name: value.shape for name, value in tensors.items()}


def type_of(tensors: Tensors) -> np.dtype:
    """The type of all of them."""
    return next(iter(tensors.values())).dtype


def flat(tensors: Tensors) -> np.ndarray:
    """All in one vector of float64, in the order of their names."""
    return np.concatenate([tensors[name].ravel().astype(float) for name in sorted(tensors)])
