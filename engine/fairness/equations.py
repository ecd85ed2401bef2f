"""The optimizers' equations in NumPy, as torch.optim documents them: what the first steps should have done."""

from collections.abc import Callable

import numpy as np

from engine.config import RunConfig
from engine.fairness.defaults import optimizer_parameters


def updates(config: RunConfig, weights: list[np.ndarray], gradients: list[np.ndarray]) -> list[np.ndarray]:
    """What each step takes from the weights, for a learning rate of one, all float64 vectors of every parameter.

    `weights` and `gradients` are those before each step. At any step the update is its learning rate times this.
    Sources: torch.optim's documentation; for the clipping torch.nn.utils.clip_grad_norm_.
    """
    chosen = optimizer_parameters(config, "torch")
    decay, decoupled = chosen["weight_decay"], config.optimizer == "adamw"
    equation = _equation(config.optimizer, chosen)
    found = []
    for step, (weight, gradient) in enumerate(zip(weights, gradients, strict=True), start=1):
        gradient = _clipped(gradient, config.gradient_clip_norm)
        if not decoupled:
            gradient = gradient + decay * weight
        found.append(equation(gradient, step) + (decay * weight if decoupled else 0.0))
    return found


def _clipped(gradient: np.ndarray, norm: float | None) -> np.ndarray:
    return gradient if norm is None else gradient * min(1.0, norm / (np.linalg.norm(gradient) + 1e-6))


def _equation(optimizer: str, chosen: dict[str, float]) -> Callable[[np.ndarray, int], np.ndarray]:
    if optimizer in ("adam", "adamw"):
        return _adam(chosen["beta_1"], chosen["beta_2"], chosen["epsilon"])
    if optimizer == "rmsprop":
        return _rmsprop(chosen["rho"], chosen["epsilon"])
    return _sgd(chosen.get("momentum", 0.0), optimizer == "nesterov")


def _sgd(momentum: float, nesterov: bool) -> Callable[[np.ndarray, int], np.ndarray]:
    buffer: np.ndarray | float = 0.0

    def change(gradient: np.ndarray, step: int) -> np.ndarray:
        nonlocal buffer
        buffer = momentum * buffer + gradient
        return gradient + momentum * buffer if nesterov else buffer

    return change


def _adam(beta_1: float, beta_2: float, epsilon: float) -> Callable[[np.ndarray, int], np.ndarray]:
    mean: np.ndarray | float = 0.0
    square: np.ndarray | float = 0.0

    def change(gradient: np.ndarray, step: int) -> np.ndarray:
        nonlocal mean, square
        mean = beta_1 * mean + (1 - beta_1) * gradient
        square = beta_2 * square + (1 - beta_2) * gradient**2
        return mean / (1 - beta_1**step) / (np.sqrt(square / (1 - beta_2**step)) + epsilon)

    return change


def _rmsprop(rho: float, epsilon: float) -> Callable[[np.ndarray, int], np.ndarray]:
    square: np.ndarray | float = 0.0

    def change(gradient: np.ndarray, step: int) -> np.ndarray:
        nonlocal square
        square = rho * square + (1 - rho) * gradient**2
        return gradient / (np.sqrt(square) + epsilon)

    return change
