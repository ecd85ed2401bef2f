"""Many steps of training in one compiled call: PyTorch's scan over a step that changes nothing and returns everything.

TensorFlow needs no such thing, for its graphs have loops. The equations are those of torch.optim, written out so that
the compiler can fuse them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch._dynamo.exc import TorchDynamoException
from torch._higher_order_ops import scan
from torch.func import functional_call, grad_and_value

from engine.config import RunConfig
from engine.fairness.defaults import optimizer_parameters
from engine.frameworks.device_torch import own_device
from engine.frameworks.loss_torch import loss_of

Tensors = list[torch.Tensor]


class ManySteps:
    """One network's steps, compiled once for each size of a batch; how many there are in a call is free."""

    def __init__(
        self,
        config: RunConfig,
        network: nn.Module,
        variables: Mapping[str, torch.Tensor],
        inputs: torch.Tensor,
        targets: torch.Tensor,
        classify: bool,
    ):
        self._network, self._names, self._classify = network, list(variables), classify
        self._inputs, self._targets, self._batch_size = inputs, targets, config.batch_size
        self._buffers = list(dict(network.named_buffers()))
        self._device, self._dtype = own_device(config.device.torch), getattr(torch, config.variable_dtype)
        self._compute_dtype = getattr(torch, config.compute_dtype)
        self._clip_norm = config.gradient_clip_norm
        chosen = optimizer_parameters(config, "torch")
        self._betas = (chosen["beta_1"], chosen["beta_2"]) if "beta_1" in chosen else ()
        self._slots, self._update = _equation(config.optimizer, chosen)
        # The C++ wrapper halves the time of a small network's step. Why no layout optimization: see train_torch.py.
        options: dict[str, str | int | bool | Callable] = {"cpp_wrapper": True, "layout_optimization": False}
        self._compiled = torch.compile(self._block, fullgraph=True, dynamic=False, options=options)

    def compile(self, rows: torch.Tensor, slots: Mapping[str, Tensors]) -> None:
        """Compile for the batches of these rows of the data, and change nothing."""
        for part in self._calls(rows):
            self._called(self._inputs[part], self._targets[part], [0.0] * len(part), slots)

    def __call__(self, rows: torch.Tensor, rates: Sequence[float], slots: Mapping[str, Tensors]) -> torch.Tensor:
        """Train on the batches of these rows of the data, each at its rate; their losses (count,).

        `slots` are the optimizer's, by torch.optim's names; they, the weights and the buffers are changed.
        """
        losses, done = [], 0
        for part in self._calls(rows):
            losses.append(self._trained(part, rates[done : done + len(part)], slots))
            done += len(part)
        return torch.cat(losses)

    def _calls(self, rows: torch.Tensor) -> list[torch.Tensor]:
        """The rows (count, batch) of each call: whole batches in one, and a smaller last one in another."""
        whole = len(rows) // self._batch_size * self._batch_size
        parts = rows[:whole].view(-1, self._batch_size), rows[whole:].view(1, -1)
        return [part for part in parts if part.numel()]

    def _trained(self, rows: torch.Tensor, rates: Sequence[float], slots: Mapping[str, Tensors]) -> torch.Tensor:
        losses, found = self._called(self._inputs[rows], self._targets[rows], rates, slots)
        with torch.no_grad():
            for kept, new in zip(self._state(slots), found, strict=True):
                kept.copy_(new)
            for count in slots.get("step", ()):
                count += len(rows)
        return losses

    def _called(
        self, inputs: torch.Tensor, targets: torch.Tensor, rates: Sequence[float], slots: Mapping[str, Tensors]
    ) -> tuple[torch.Tensor, Tensors]:
        """What batches of this form give, inputs (count, batch, …) and targets (count, …); nothing is changed."""
        rows = [inputs, targets, *self._scalars(len(inputs), rates, slots)]
        if len(inputs) > 1:
            for row in rows:
                torch._dynamo.mark_dynamic(row, 0)
        state = [tensor.detach() for tensor in self._state(slots)]
        try:
            with torch.no_grad():
                return self._compiled(state, rows)
        except TorchDynamoException as error:  # such as for a layer of a person's own network
            why = str(error).strip().splitlines()[0].rstrip(".:")
            raise ValueError(f"PyTorch cannot put many steps of this network into one call ({why}).") from error

    def _state(self, slots: Mapping[str, Tensors]) -> Tensors:
        """Everything that a step changes, but for the count of steps."""
        named = dict(self._network.named_parameters()) | dict(self._network.named_buffers())
        kept = [named[name] for name in (*self._names, *self._buffers)]
        return [*kept, *(tensor for slot in self._slots for tensor in slots[slot])]

    def _scalars(self, count: int, rates: Sequence[float], slots: Mapping[str, Tensors]) -> Tensors:
        """Numbers of each step (count,), in double precision: its learning rate, and what Adam's averages lack."""
        found = [torch.tensor(rates, dtype=torch.float64)]
        if self._betas:
            steps = torch.arange(1, count + 1, dtype=torch.float64) + float(slots["step"][0])
            first, second = (1 - beta**steps for beta in self._betas)
            found += [first, second.sqrt()]
        return [values.to(self._device) for values in found]

    def _block(self, state: Tensors, rows: Tensors) -> tuple[torch.Tensor, Tensors]:
        found, (losses,) = scan(self._step, state, rows)
        return losses, found

    def _step(self, state: Tensors, row: Tensors) -> tuple[Tensors, Tensors]:
        """The state after one step, and its loss."""
        x, y, rate, *corrections = row
        ends = len(self._names), len(self._names) + len(self._buffers)
        weights, buffers, slots = state[: ends[0]], state[ends[0] : ends[1]], state[ends[1] :]
        gradients, (loss, buffers) = grad_and_value(self._passed, has_aux=True)(list(weights), buffers, x, y)
        if self._clip_norm is not None:
            gradients = _clipped(gradients, self._clip_norm)
        own = [slots[number :: len(weights)] for number in range(len(weights))]  # of each weight
        changed = [
            self._update(weight, gradient, rate, slots, *corrections)
            for weight, gradient, slots in zip(weights, gradients, own, strict=True)
        ]
        found = [tensor for part in zip(*changed, strict=True) for tensor in part]
        return [*found[: ends[0]], *buffers, *found[ends[0] :]], [loss]

    def _passed(self, weights: Tensors, buffers: Tensors, x: torch.Tensor, y: torch.Tensor) -> Any:
        """The loss of one batch, and the buffers as the pass leaves them."""
        changed = [buffer.clone() for buffer in buffers]
        named = dict(zip((*self._names, *self._buffers), (*weights, *changed), strict=True))
        with torch.autocast(self._device.type, self._compute_dtype, enabled=self._compute_dtype != self._dtype):
            outputs = functional_call(self._network, named, (x,))
        return loss_of(outputs.to(self._dtype), y, self._classify), changed


def _clipped(gradients: Sequence[torch.Tensor], norm: float) -> Tensors:
    """As torch.nn.utils.clip_grad_norm_ does."""
    total = torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients]).norm()
    scale = torch.clamp(norm / (total + 1e-6), max=1.0)
    return [gradient * scale for gradient in gradients]


def _equation(optimizer: str, chosen: Mapping[str, float]) -> tuple[tuple[str, ...], Callable[..., Tensors]]:
    """The names of the slots, and what makes (weight, slots …) of (weight, gradient, rate, slots, corrections …)."""
    decay, epsilon = chosen["weight_decay"], chosen.get("epsilon", 0.0)
    momentum, rho = chosen.get("momentum", 0.0), chosen.get("rho", 0.0)

    def sgd(weight, gradient, rate, slots):
        gradient = gradient + decay * weight if decay else gradient
        if not slots:
            return [weight - rate * gradient]
        buffer = momentum * slots[0] + gradient
        return [weight - rate * (gradient + momentum * buffer if optimizer == "nesterov" else buffer), buffer]

    def adam(weight, gradient, rate, slots, first, second):
        if optimizer == "adamw":
            weight = weight * (1 - rate * decay)
        elif decay:
            gradient = gradient + decay * weight
        mean = slots[0] + (1 - chosen["beta_1"]) * (gradient - slots[0])
        square = chosen["beta_2"] * slots[1] + (1 - chosen["beta_2"]) * gradient * gradient
        return [weight - rate / first * mean / (square.sqrt() / second + epsilon), mean, square]

    def rmsprop(weight, gradient, rate, slots):
        gradient = gradient + decay * weight if decay else gradient
        square = rho * slots[0] + (1 - rho) * gradient * gradient
        return [weight - rate * gradient / (square.sqrt() + epsilon), square]

    match optimizer:
        case "adam" | "adamw":
            return ("exp_avg", "exp_avg_sq"), adam
        case "rmsprop":
            return ("square_avg",), rmsprop
    return (("momentum_buffer",) if momentum else ()), sgd
