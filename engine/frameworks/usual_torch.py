"""The loop that people write first in PyTorch: a DataLoader, an optimizer of torch.optim, a step for every batch."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from engine.config import RunConfig
from engine.datasets.split import Split
from engine.fairness.defaults import optimizer_parameters


class Usual:
    """One network in that loop; `epoch` trains one epoch and waits for its end."""

    def __init__(self, config: RunConfig, split: Split, build: Callable[..., nn.Module]):
        self._device = torch.device(config.device.torch)
        self._classify = split.form.task == "classification"
        dtype = getattr(torch, config.precision)
        data = (
            torch.tensor(values, dtype=torch.int64 if values.dtype.kind == "i" else dtype)
            for values in (split.inputs, split.targets)
        )
        self._loader = DataLoader(TensorDataset(*data), config.batch_size, shuffle=True)
        self._network = build(split.form.inputs, split.form.outputs, **config.network_options).to(self._device)
        self._optimizer = _optimizer(config, self._network)

    def epoch(self) -> float:
        """The mean loss of the epoch."""
        total = 0.0
        for x, y in self._loader:
            x, y = x.to(self._device), y.to(self._device)
            self._optimizer.zero_grad()
            loss = self._loss(self._network(x), y)
            loss.backward()
            self._optimizer.step()
            total += loss.item() * len(x)
        return total / len(self._loader.dataset)  # type: ignore[arg-type]

    def _loss(self, outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if not self._classify:
            return functional.mse_loss(outputs, y)
        if y.dim() == 2:  # a class at every place of a text
            outputs, y = outputs.flatten(0, 1), y.flatten()
        return functional.cross_entropy(outputs, y)


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
