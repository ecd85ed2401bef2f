"""The optimizers of PyTorch: torch.optim's own, in both policies."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from engine.config import RunConfig
from engine.fairness.defaults import optimizer_parameters


class Optimizer:
    """Changes `variables` (by name) along their gradients; clips the gradient's norm first where the config asks."""

    def __init__(self, config: RunConfig, variables: Mapping[str, torch.Tensor]):
        self._variables = dict(variables)
        self._clip_norm = config.gradient_clip_norm
        self._optimizer = _build(config, list(variables.values()))
        self._group = self._optimizer.param_groups[0]

    def apply(self, gradients: Sequence[torch.Tensor], learning_rate: float) -> None:
        """One step along `gradients`, in the order of the variables."""
        for variable, gradient in zip(self._variables.values(), gradients, strict=True):
            variable.grad = gradient
        if self._clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self._variables.values(), self._clip_norm)
        self._group["lr"] = learning_rate
        self._optimizer.step()

    def state(self) -> dict[str, np.ndarray]:
        """Everything the next step depends on besides weights, by name."""
        return {
            f"{name}/{slot}": value.detach().cpu().numpy()
            for name, variable in self._variables.items()
            for slot, value in self._optimizer.state[variable].items()
            if value is not None
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` returned."""
        for key, value in state.items():
            name, slot = key.rsplit("/", 1)
            variable = self._variables[name]
            # The step count stays where torch.optim keeps it: on the CPU unless the optimizer is fused on a GPU.
            device = variable.device if slot != "step" or self._group.get("fused") else "cpu"
            self._optimizer.state[variable][slot] = torch.from_numpy(value.copy()).to(device)


def _build(config: RunConfig, variables: list[torch.Tensor]) -> torch.optim.Optimizer:
    chosen = optimizer_parameters(config, "torch")
    rate, decay = config.learning_rate, chosen["weight_decay"]
    match config.optimizer:
        case "sgd" | "momentum" | "nesterov":
            momentum, nesterov = chosen.get("momentum", 0.0), config.optimizer == "nesterov"
            return torch.optim.SGD(
                variables, rate, momentum=momentum, nesterov=nesterov, weight_decay=decay, fused=True
            )
        case "adam" | "adamw":
            kind = torch.optim.Adam if config.optimizer == "adam" else torch.optim.AdamW
            betas, epsilon = (chosen["beta_1"], chosen["beta_2"]), chosen["epsilon"]
            return kind(variables, rate, betas=betas, eps=epsilon, weight_decay=decay, fused=True)
        case "rmsprop":
            return torch.optim.RMSprop(
                variables, rate, alpha=chosen["rho"], eps=chosen["epsilon"], weight_decay=decay, foreach=True
            )
