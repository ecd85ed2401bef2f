"""Loss scaling in PyTorch, by torch.amp.GradScaler's rule and with its functions: small gradients are 0 in float16.

The loss is multiplied by a factor and the gradients are divided by it. A step with a gradient that is not finite is
skipped, and the factor halved; after 2,000 steps in a row that are not, it is doubled.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from engine.config import RunConfig
from engine.fairness.defaults import LOSS_SCALE_FACTORS, LOSS_SCALE_STEPS, first_loss_scale
from engine.frameworks.optimizer_torch import Optimizer


class LossScale:
    """The factor, with the optimizer whose steps it may skip."""

    def __init__(self, config: RunConfig, optimizer: Optimizer):
        self._optimizer, device = optimizer, config.device.torch
        first = first_loss_scale(config, "torch")
        self.slots = {
            "scale": torch.full((), first, dtype=torch.float32, device=device),
            "finite_in_a_row": torch.zeros((), dtype=torch.int32, device=device),
            "skipped": torch.zeros((), dtype=torch.int64, device=device),
        }

    def scaled(self, loss: torch.Tensor) -> torch.Tensor:
        """What is differentiated in place of the loss."""
        return loss * self.slots["scale"]

    def unscaled(self, gradients: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """The loss's gradients, of those of the scaled one."""
        inverse = self._inverse()
        return [gradient * inverse for gradient in gradients]

    def apply(self, gradients: Sequence[torch.Tensor], learning_rate: float) -> None:
        """One step of the optimizer along the scaled loss's gradients, or none where one is not finite."""
        own = [gradient.contiguous() for gradient in gradients]
        found = torch.zeros_like(self.slots["scale"])
        torch._amp_foreach_non_finite_check_and_unscale_(own, found, self._inverse())
        if found.item():
            self.slots["skipped"] += 1
        else:
            self._optimizer.apply(own, learning_rate)
        back, growth = LOSS_SCALE_FACTORS
        scale, in_a_row = self.slots["scale"], self.slots["finite_in_a_row"]
        torch._amp_update_scale_(scale, in_a_row, found, growth, back, LOSS_SCALE_STEPS)

    def told(self) -> tuple[float, int]:
        """The factor now, and how many steps were skipped."""
        return float(self.slots["scale"]), int(self.slots["skipped"])

    def state(self) -> dict[str, np.ndarray]:
        """What the next step depends on."""
        return {name: value.cpu().numpy() for name, value in self.slots.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` returned."""
        for name, value in state.items():
            self.slots[name].copy_(torch.from_numpy(np.asarray(value)))

    def _inverse(self) -> torch.Tensor:
        """What GradScaler multiplies by. Keras divides: the same to the last bit, as the factor is a power of 2."""
        return self.slots["scale"].double().reciprocal().float()
