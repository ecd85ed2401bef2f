"""The optimizers' equations in NumPy, as torch.optim documents them: what a step should have done."""

from collections.abc import Callable, Mapping

import numpy as np

from engine.config import RunConfig
from engine.fairness.defaults import optimizer_parameters

Slots = Mapping[str, np.ndarray]  # what an optimizer remembers of each weight, by torch.optim's names
SLOTS = ("momentum_buffer", "exp_avg", "exp_avg_sq", "square_avg")
Change = tuple[np.ndarray, dict[str, np.ndarray]]


def updates(config: RunConfig, weights: list[np.ndarray], gradients: list[np.ndarray]) -> list[np.ndarray]:
    """What each of the first steps takes from the weights, for a learning rate of one, as `advance` has it."""
    slots: Slots = {}
    found = []
    for step, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
        update, slots = advance(config, weight, gradient, slots, step, float(np.linalg.norm(gradient)))
        found.append(update)
    return found


def advance(
    config: RunConfig, weight: np.ndarray, gradient: np.ndarray, slots: Slots, step: int, norm: float
) -> Change:
    """What step `step` (from 0) takes from the weights, for a learning rate of one, and the slots after it.

    `weight`, `gradient` and `slots` are those before the step, float64 vectors of the same parameters; `norm` is that
    of the whole gradient. A new optimizer has no slots. At any step the update is its learning rate times this.
    Sources: torch.optim's documentation; for the clipping torch.nn.utils.clip_grad_norm_.
    """
    chosen = optimizer_parameters(config, "torch")
    decay, decoupled = chosen["weight_decay"], config.optimizer == "adamw"
    if config.gradient_clip_norm is not None:
        gradient = gradient * min(1.0, config.gradient_clip_norm / (norm + 1e-6))
    if not decoupled:
        gradient = gradient + decay * weight
    change, after = EQUATIONS[config.optimizer](chosen, gradient, slots, step + 1)
    return change + (decay * weight if decoupled else 0.0), after


def _sgd(chosen: Mapping[str, float], gradient: np.ndarray, slots: Slots, count: int) -> Change:
    return gradient, {}


def _momentum(chosen: Mapping[str, float], gradient: np.ndarray, slots: Slots, count: int) -> Change:
    buffer = chosen["momentum"] * slots.get("momentum_buffer", np.zeros(())) + gradient
    return buffer, {"momentum_buffer": buffer}


def _nesterov(chosen: Mapping[str, float], gradient: np.ndarray, slots: Slots, count: int) -> Change:
    buffer, after = _momentum(chosen, gradient, slots, count)
    return gradient + chosen["momentum"] * buffer, after


def _adam(chosen: Mapping[str, float], gradient: np.ndarray, slots: Slots, count: int) -> Change:
    beta_1, beta_2 = chosen["beta_1"], chosen["beta_2"]
    mean = beta_1 * slots.get("exp_avg", np.zeros(())) + (1 - beta_1) * gradient
    square = beta_2 * slots.get("exp_avg_sq", np.zeros(())) + (1 - beta_2) * gradient**2
    spread = np.sqrt(square / (1 - beta_2**count)) + chosen["epsilon"]
    return mean / (1 - beta_1**count) / spread, {"exp_avg": mean, "exp_avg_sq": square}


def _rmsprop(chosen: Mapping[str, float], gradient: np.ndarray, slots: Slots, count: int) -> Change:
    square = chosen["rho"] * slots.get("square_avg", np.zeros(())) + (1 - chosen["rho"]) * gradient**2
    return gradient / (np.sqrt(square) + chosen["epsilon"]), {"square_avg": square}


EQUATIONS: dict[str, Callable[[Mapping[str, float], np.ndarray, Slots, int], Change]] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adam": _adam,
    "adamw": _adam,
    "rmsprop": _rmsprop,
}
