"""Training in PyTorch: one session holds network, optimizer and data on one device and runs steps."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from engine.config import RunConfig
from engine.datasets.split import Split
from engine.frameworks.optimizer_torch import Optimizer

VERSION = torch.__version__


def configure(config: RunConfig) -> None:
    """Set what belongs to the process: threads, random seed and, in the matched policy, plain float32 arithmetic."""
    torch.set_num_threads(config.threads)
    torch.set_default_dtype(getattr(torch, config.precision))
    torch.manual_seed(config.seed)
    if config.policy == "matched":
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.benchmark = False
        if config.device.torch != "cpu":  # the call alone loads a compiler: 75 MB that the CPU does not need
            torch.use_deterministic_algorithms(True)


def forget() -> None:
    """Drop what a finished session left in the process. PyTorch keeps nothing by name."""


class Session:
    """One network being trained: `build(inputs, outputs)` makes it, `weights` in canonical layout replace its own."""

    def __init__(
        self,
        config: RunConfig,
        split: Split,
        build: Callable[[int, int], nn.Module],
        weights: Mapping[str, np.ndarray] | None,
    ):
        self._device = torch.device(config.device.torch)
        self.device_name = _device_name(self._device)
        self._dtype = getattr(torch, config.precision)
        self._classify = split.task == "classification"
        self._inputs = torch.tensor(split.inputs, dtype=self._dtype, device=self._device)
        self._targets = torch.tensor(split.targets, dtype=None if self._classify else self._dtype, device=self._device)
        self._network = build(split.inputs.shape[1], split.outputs).to(self._device)
        self._variables = dict(self._network.named_parameters())
        self._parameters = list(self._variables.values())
        if weights is not None:
            self._set_weights(weights)
        self._optimizer = Optimizer(config, self._variables)
        self._batch_size = config.batch_size
        self._compile = config.execution.torch == "compile"
        self._batch_loss = torch.compile(self._loss) if self._compile else self._loss
        self.network_text = str(self._network)
        self.parameters = sum(variable.numel() for variable in self._variables.values())

    def begin_epoch(self, order: np.ndarray, learning_rates: np.ndarray) -> None:
        """Take the epoch's row order (examples,) and learning rates (steps,)."""
        self._order = torch.from_numpy(order).to(self._device)
        self._rates = learning_rates.tolist()

    def run(self, first: int, count: int) -> np.ndarray:
        """Train on `count` batches of this epoch from the `first` on; returns their losses (count,), synchronised."""
        if self._compile:
            self._compile_both()
        rows = self._order[first * self._batch_size : (first + count) * self._batch_size]
        inputs = self._inputs[rows].split(self._batch_size)
        targets = self._targets[rows].split(self._batch_size)
        rates = self._rates[first : first + count]
        losses = [self._step(x, y, rate) for x, y, rate in zip(inputs, targets, rates, strict=True)]
        return torch.stack(losses).cpu().numpy()

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """The network's outputs (examples, outputs) for inputs (examples, features), at most 4,096 at a time."""
        with torch.no_grad():
            x = torch.tensor(inputs, dtype=self._dtype, device=self._device)
            return torch.cat([self._network(part) for part in x.split(4096)]).cpu().numpy()

    def gradients(self, batch: int) -> dict[str, np.ndarray]:
        """The gradient of this epoch's batch number `batch` at the present weights, by name, in canonical layout."""
        rows = self._order[batch * self._batch_size : (batch + 1) * self._batch_size]
        loss = self._loss(self._inputs[rows], self._targets[rows])
        gradients = torch.autograd.grad(loss, self._parameters)
        return {name: gradient.cpu().numpy() for name, gradient in zip(self._variables, gradients, strict=True)}

    def weights(self) -> dict[str, np.ndarray]:
        """A copy of the present weights, by name, in canonical layout."""
        return {name: variable.detach().cpu().numpy().copy() for name, variable in self._variables.items()}

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything that the next step depends on."""
        weights = {f"weights/{name}": value for name, value in self.weights().items()}
        return weights | {f"optimizer/{name}": value.copy() for name, value in self._optimizer.state().items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` returned."""
        self._set_weights(_part(state, "weights/"))
        self._optimizer.restore(_part(state, "optimizer/"))

    def device_memory(self) -> int | None:
        """Peak bytes allocated on the GPU; None on other devices."""
        return torch.cuda.max_memory_allocated(self._device) if self._device.type == "cuda" else None

    def _loss(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        outputs = self._network(x)
        return functional.cross_entropy(outputs, y) if self._classify else functional.mse_loss(outputs, y)

    def _compile_both(self) -> None:
        """Compile for whole batches and for the smaller last one within the first step, as TensorFlow traces both."""
        self._compile = False
        for size in {min(self._batch_size, len(self._order)), len(self._order) % self._batch_size} - {0}:
            torch.autograd.grad(self._batch_loss(self._inputs[:size], self._targets[:size]), self._parameters)

    def _step(self, x: torch.Tensor, y: torch.Tensor, rate: float) -> torch.Tensor:
        loss = self._batch_loss(x, y)
        gradients = torch.autograd.grad(loss, self._parameters)
        self._optimizer.apply(gradients, rate)
        return loss.detach()

    def _set_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        with torch.no_grad():
            for name, variable in self._variables.items():
                variable.copy_(torch.from_numpy(weights[name]))


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _part(state: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
