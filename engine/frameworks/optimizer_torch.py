"""The optimizers of PyTorch: torch.optim's own, fused in the matched policy, as they come in `defaults`.

Its functions, that is: its classes call the same ones, and spend a sixth of a small network's step on keeping books.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch.optim.adam import adam
from torch.optim.adamw import adamw
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd

from engine.config import RunConfig
from engine.fairness.defaults import matches, optimizer_parameters


class Optimizer:
    """Changes `variables` (by name) along their gradients; clips the gradient's norm first where the config asks."""

    def __init__(self, config: RunConfig, variables: Mapping[str, torch.Tensor]):
        self._names, self._variables = list(variables), list(variables.values())
        self._clip_norm = config.gradient_clip_norm
        self.slots: dict[str, list[torch.Tensor]] = {}  # by torch.optim's names, each in the order of the variables
        self._update = self._build(config)

    def apply(self, gradients: Sequence[torch.Tensor], learning_rate: float) -> None:
        """One step along `gradients`, in the order of the variables."""
        if self._clip_norm is not None:
            gradients = _clipped(gradients, self._clip_norm)
        with torch.no_grad():
            self._update(self._variables, list(gradients), lr=learning_rate)

    def state(self) -> dict[str, np.ndarray]:
        """Everything the next step depends on besides weights, by name."""
        return {
            f"{name}/{slot}": value.cpu().numpy()
            for slot, values in self.slots.items()
            for name, value in zip(self._names, values, strict=True)
        }

    def remembered(self) -> dict[str, dict[str, torch.Tensor]]:
        """What is remembered of each variable, by torch.optim's name of it and the variable's; no counts of steps."""
        named = {slot: dict(zip(self._names, values, strict=True)) for slot, values in self.slots.items()}
        return {slot: values for slot, values in named.items() if slot != "step"}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` returned."""
        for key, value in state.items():
            name, slot = key.rsplit("/", 1)
            self.slots[slot][self._names.index(name)].copy_(torch.from_numpy(value))

    def _build(self, config: RunConfig) -> Callable[..., None]:
        """torch.optim's function with all that does not change from step to step."""
        chosen = optimizer_parameters(config, "torch")
        decay, epsilon = chosen["weight_decay"], chosen.get("epsilon", 0.0)
        fast = True if matches(config, "optimizer_equation") else None  # None leaves the choice to torch.optim
        match config.optimizer:
            case "sgd" | "momentum" | "nesterov":
                momentum, nesterov = chosen.get("momentum", 0.0), config.optimizer == "nesterov"
                buffers: list[torch.Tensor | None] = [None for _ in self._variables]
                buffers = [*self._zeros("momentum_buffer")] if momentum else buffers
                update = partial(sgd, momentum_buffer_list=buffers, momentum=momentum, nesterov=nesterov)
                return partial(update, weight_decay=decay, dampening=0.0, maximize=False, fused=fast)
            case "adam" | "adamw":
                first, second, steps = self._zeros("exp_avg"), self._zeros("exp_avg_sq"), self._counts(fused=bool(fast))
                kind = adam if config.optimizer == "adam" else adamw
                update = partial(kind, exp_avgs=first, exp_avg_sqs=second, max_exp_avg_sqs=[], state_steps=steps)
                update = partial(update, beta1=chosen["beta_1"], beta2=chosen["beta_2"], eps=epsilon)
                return partial(update, weight_decay=decay, amsgrad=False, maximize=False, fused=fast)
            case "rmsprop":
                square, steps = self._zeros("square_avg"), self._counts(fused=False)
                update = partial(rmsprop, square_avgs=square, grad_avgs=[], momentum_buffer_list=[], state_steps=steps)
                update = partial(update, alpha=chosen["rho"], eps=epsilon, momentum=0.0, centered=False)
                return partial(update, weight_decay=decay, foreach=fast)

    def _zeros(self, slot: str) -> list[torch.Tensor]:
        self.slots[slot] = [torch.zeros_like(variable) for variable in self._variables]
        return self.slots[slot]

    def _counts(self, fused: bool) -> list[torch.Tensor]:
        """Steps done, of each variable, where torch.optim keeps them: on the CPU unless the optimizer is fused."""
        devices = [variable.device if fused else "cpu" for variable in self._variables]
        self.slots["step"] = [torch.zeros((), dtype=torch.float32, device=device) for device in devices]
        return self.slots["step"]


def _clipped(gradients: Sequence[torch.Tensor], norm: float) -> Sequence[torch.Tensor]:
    """As torch.nn.utils.clip_grad_norm_ does."""
    total = torch.nn.utils.get_total_norm(gradients)
    scale = torch.clamp(norm / (total + 1e-6), max=1.0)
    return [gradient * scale for gradient in gradients]
