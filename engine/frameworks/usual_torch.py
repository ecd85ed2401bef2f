"""The loop that people write first in PyTorch: a DataLoader, an optimizer of torch.optim, a step for every batch."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from engine.config import RunConfig
from engine.datasets.split import Split
from engine.fairness.defaults import optimizer_parameters
from engine.frameworks.arithmetic_torch import compute_dtype
from engine.frameworks.device_torch import own_device
from engine.frameworks.loss_torch import loss_of
from engine.frameworks.observed_torch import own_evidence


class Usual:
    """One network in that loop; `epochs` trains so many of them and waits for their end."""

    def __init__(self, config: RunConfig, split: Split, build: Callable[..., nn.Module]):
        self._device = own_device(config.device.torch)
        self._dtype, self._compute_dtype = getattr(torch, config.variable_dtype), getattr(torch, config.compute_dtype)
        self._classify = split.form.task == "classification"
        data = (
            torch.tensor(values, dtype=torch.int64 if values.dtype.kind == "i" else self._dtype)
            for values in (split.inputs, split.targets)
        )
        self._loader = DataLoader(TensorDataset(*data), config.batch_size, shuffle=True)
        self._network = build(split.form.inputs, split.form.outputs, **config.network_options).to(self._device)
        self._optimizer = _optimizer(config, self._network)
        self._scaler = torch.amp.GradScaler(self._device.type) if config.scales_loss else None
        self._began = copy.deepcopy((self._network.state_dict(), self._optimizer.state_dict()))
        self._scale = self._scaler.state_dict() if self._scaler else {}

    def begin_again(self) -> None:
        """Go back to the weights, and to the optimizer, with which it began."""
        weights, optimizer = copy.deepcopy(self._began)
        self._network.load_state_dict(weights)
        self._optimizer.load_state_dict(optimizer)
        if self._scaler:
            self._scaler.load_state_dict(self._scale)

    def epochs(self, count: int) -> list[float]:
        """The mean loss of each epoch."""
        return [self._epoch() for _ in range(count)]

    def observed(self, validation_inputs: np.ndarray) -> dict[str, Any]:
        """What PyTorch says of this loop: most fields of events.Evidence, as Session.observed has them."""
        inputs, targets = self._loader.dataset.tensors  # type: ignore[attr-defined]
        validation = torch.tensor(validation_inputs, dtype=inputs.dtype)
        data = {"inputs": inputs, "targets": targets, "validation_inputs": validation}
        parameters = list(self._network.parameters())
        with self._autocast():
            computed = compute_dtype(self._network, inputs[:1].to(self._device))
        return own_evidence(parameters, data, "a DataLoader loop") | {
            "compute_dtype": computed,
            "parameters": sum(value.numel() for value in parameters if value.requires_grad),
            "batch_size": self._loader.batch_size,
            "rows": (),
            "learning_rates": tuple(group["lr"] for group in self._optimizer.param_groups),
        }

    def device_memory(self) -> int | None:
        """Peak bytes allocated on the GPU; None on other devices."""
        return torch.cuda.max_memory_allocated(self._device) if self._device.type == "cuda" else None

    def _epoch(self) -> float:
        total = 0.0
        for x, y in self._loader:
            x, y = x.to(self._device), y.to(self._device)
            self._optimizer.zero_grad()
            with self._autocast():
                outputs = self._network(x)
                loss = loss_of(outputs, y, self._classify)
            if self._scaler:
                self._scaler.scale(loss).backward()
                self._scaler.step(self._optimizer)
                self._scaler.update()
            else:
                loss.backward()
                self._optimizer.step()
            total += loss.item() * len(x)
        return total / len(self._loader.dataset)  # type: ignore[arg-type]

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self._device.type, self._compute_dtype, enabled=self._compute_dtype != self._dtype)


def _optimizer(config: RunConfig, network: nn.Module) -> torch.optim.Optimizer:
    chosen, parameters, rate = optimizer_parameters(config, "torch"), network.parameters(), config.learning_rate
    match config.optimizer:
        case "adam" | "adamw":
            kind = torch.optim.Adam if config.optimizer == "adam" else torch.optim.AdamW
            betas = (chosen["beta_1"], chosen["beta_2"])
            return kind(parameters, rate, betas, chosen["epsilon"], chosen["weight_decay"])
        case "rmsprop":
            return torch.optim.RMSprop(parameters, rate, chosen["rho"], chosen["epsilon"], chosen["weight_decay"])
    momentum = chosen.get("momentum", 0.0)
    nesterov = config.optimizer == "nesterov"
    return torch.optim.SGD(parameters, rate, momentum, 0, chosen["weight_decay"], nesterov)
