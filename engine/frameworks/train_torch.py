"""Training in PyTorch: one session holds network, optimizer and data on one device and runs steps."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from engine.config import RunConfig
from engine.datasets.split import Split, rows_at_a_time
from engine.fairness.defaults import matches
from engine.fairness.evidence import part_of
from engine.fairness.weights import shapes
from engine.frameworks.activations_torch import canonical_layout, kinds, recorded
from engine.frameworks.arithmetic_torch import compute_dtype
from engine.frameworks.device_torch import device_name, own_device
from engine.frameworks.layers_torch import built
from engine.frameworks.loss_scale_torch import LossScale
from engine.frameworks.loss_torch import loss_of
from engine.frameworks.observed_torch import own_evidence, summary
from engine.frameworks.optimizer_torch import Optimizer
from engine.frameworks.weights_torch import canonical, own, running, trainable

if TYPE_CHECKING:
    from engine import session
    from engine.frameworks.many_steps_only_torch import ManySteps
    from engine.frameworks.team_only_torch import Team

VERSION = torch.__version__
ALIGNED = 64  # bytes, to which PyTorch aligns a tensor of its own
MOST_COMPILED = 128  # functions of one session, or of several
# A compiled network draws the numbers that it would draw otherwise. PyTorch 2.13's layout optimization loses the
# gradients of lenet's convolutions on images of 8×8 pixels, without a word.
COMPILING: dict[str, str | int | bool | Callable] = {"fallback_random": True, "layout_optimization": False}


def configure(config: RunConfig) -> None:
    """Set what belongs to the process: threads, random seed and, in the matched policy, plain float32 arithmetic."""
    torch.set_num_threads(config.threads)
    torch.set_default_dtype(getattr(torch, config.variable_dtype))
    torch.manual_seed(config.seed)
    torch.backends.mkldnn.enabled = not _lstm_fails(config)  # type: ignore[assignment]
    if matches(config, "tf32"):
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
    if matches(config, "determinism"):
        torch.backends.cudnn.benchmark = False
        if config.device.torch != "cpu":  # the call alone loads a compiler: 75 MB that the CPU does not need
            torch.use_deterministic_algorithms(True)


def forget() -> None:
    """Drop what a finished session left in the process: what was compiled for it."""
    if "torch._dynamo" in sys.modules:  # which eager sessions never load
        torch._dynamo.reset()


class Session:
    """As engine/session.py has it. `build` is the network's twin's, `weights` in canonical layout replace its own."""

    def __init__(
        self,
        config: RunConfig,
        split: Split,
        build: Callable[..., nn.Module],
        weights: Mapping[str, np.ndarray] | None,
    ):
        self._device = own_device(config.device.torch)
        self.device_name = device_name(self._device)
        self._dtype, self._compute_dtype = getattr(torch, config.variable_dtype), getattr(torch, config.compute_dtype)
        self._classify = split.form.task == "classification"
        self._shapes = shapes(config)
        self._inputs = self._tensor(split.inputs)
        self._targets = self._tensor(split.targets)
        self._asked: np.ndarray | None = None
        self._network = built(config, split.form, build).to(self._device)
        self._forward = self._network if self._compute_dtype == self._dtype else self._in_mixed
        self._variables = trainable(self._network)
        self._parameters = list(self._variables.values())
        self._running = running(self._network)
        self._draws = any("Dropout" in type(module).__name__ for module in self._network.modules())
        if weights is not None:
            self._set_weights(weights)
        self._optimizer = Optimizer(config, self._variables)
        self._scale = LossScale(config, self._optimizer) if config.scales_loss else None
        self._batch_size = config.batch_size
        self._execution = config.execution.torch
        self._to_compile = self._execution == "compile"
        if self._to_compile:  # one process may hold many sessions, and PyTorch counts what it compiles for all of them
            torch._dynamo.config.recompile_limit = MOST_COMPILED
        compiled = torch.compile(self._loss, options=COMPILING) if self._to_compile else None
        self._batch_loss = compiled or self._loss
        self._scan = self._many_steps(config) if config.steps_per_call.torch == "many" else None
        self.team = self._team_of(config) if config.workers > 1 else None
        self.network_text = summary(self._network)
        self.parameters = sum(variable.numel() for variable in self._variables.values())

    def begin_epoch(self, order: np.ndarray, learning_rates: np.ndarray) -> None:
        """Take the epoch's row order (examples,) and learning rates (steps,)."""
        self._order = torch.from_numpy(order).to(self._device)
        self._rates = learning_rates.tolist()
        if self.team:
            self._rates = self.team.share_epoch(self._order, learning_rates)

    def run(self, first: int, count: int) -> np.ndarray:
        """Train on `count` batches of this epoch from the `first` on; returns their losses (count,), synchronised."""
        if self._to_compile:
            self._compile_both()
        rows = self._order[first * self._batch_size : (first + count) * self._batch_size]
        rates = self._rates[first : first + count]
        if self._scan:
            return self._scan(rows, rates, self._optimizer.slots).cpu().numpy()
        inputs, targets = self._in_batches(self._inputs, rows), self._in_batches(self._targets, rows)
        if self.team:
            self.team.begin_run(first, count)
            parts = [self._step_together(self.team, *step) for step in zip(inputs, targets, rates, strict=True)]
            return self.team.sum(torch.stack(parts)).cpu().numpy()
        losses = [self._step(x, y, rate) for x, y, rate in zip(inputs, targets, rates, strict=True)]
        return torch.stack(losses).cpu().numpy()

    def gather(self, first: int, count: int) -> None:
        """Take what `run` would train on, and no more."""
        rows = self._order[first * self._batch_size : (first + count) * self._batch_size]
        parts = [values[rows].split(self._batch_size) for values in (self._inputs, self._targets)]
        parts[-1][-1][:1].cpu()  # which waits for the device

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """The network's outputs (examples, …) for inputs (examples, …), some at a time."""
        if inputs is not self._asked:
            self._asked, self._asked_parts = inputs, self._tensor(inputs).split(rows_at_a_time(inputs))
        self._network.eval()
        with torch.no_grad():
            outputs = torch.cat([self._forward(part) for part in self._asked_parts]).cpu().numpy()
        self._network.train()
        return outputs

    def answering(self, inputs: np.ndarray) -> Callable[[], np.ndarray]:
        """What gives the network's outputs (examples, …) for inputs (examples, …), for calls that are timed."""
        x = self._tensor(inputs)
        self._network.eval()
        compiles = self._execution == "compile"
        network = torch.compile(self._forward, options=COMPILING) if compiles else self._forward

        def answer() -> np.ndarray:
            with torch.inference_mode():
                return network(x).cpu().numpy()

        return answer

    def gradients(self, batch: int) -> dict[str, np.ndarray]:
        """The gradient of this epoch's batch number `batch` at the present weights, by name, in canonical layout."""
        rows = self._order[batch * self._batch_size : (batch + 1) * self._batch_size]
        with self._undisturbed():
            loss = self._loss(self._inputs[rows], self._targets[rows])
            differentiated = self._scale.scaled(loss) if self._scale else loss
            gradients = torch.autograd.grad(differentiated, self._parameters)
        found = self._scale.unscaled(gradients) if self._scale else gradients
        return self._canonical(dict(zip(self._variables, found, strict=True)))

    def layers(self, batch: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """What each layer gives for this epoch's batch number `batch`, in the order of the pass, and the gradient."""
        with recorded(self._network) as found:
            gradients = self.gradients(batch)
        outputs = {name: canonical_layout(value).to(self._dtype).cpu().numpy() for name, value in found.items()}
        return outputs, gradients

    def weights(self) -> dict[str, np.ndarray]:
        """A copy of the present weights, by name, in canonical layout."""
        return {name: value.copy() for name, value in self._canonical(self._variables).items()}

    def slots(self) -> dict[str, dict[str, np.ndarray]]:
        """A copy of what the optimizer remembers of each weight: as `weights`, by torch.optim's names of it."""
        found = {slot: self._canonical(values) for slot, values in self._optimizer.remembered().items()}
        return {slot: {name: value.copy() for name, value in values.items()} for slot, values in found.items()}

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything that the next step depends on."""
        parts = {"weights": self.weights(), "optimizer": self._optimizer.state()}
        parts["running"] = {name: value.cpu().numpy() for name, value in self._running.items()}
        parts["loss_scale"] = self._scale.state() if self._scale else {}
        parts["random"] = {"cpu": torch.get_rng_state().numpy()}
        if self._device.type == "cuda":
            parts["random"]["cuda"] = torch.cuda.get_rng_state(self._device).numpy()
        return {f"{part}/{name}": value.copy() for part, values in parts.items() for name, value in values.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` returned."""
        self._set_weights(part_of(state, "weights/"))
        self._optimizer.restore(part_of(state, "optimizer/"))
        for name, value in part_of(state, "running/").items():
            self._running[name].copy_(torch.from_numpy(value))
        if self._scale:
            self._scale.restore(part_of(state, "loss_scale/"))
        random = part_of(state, "random/")
        torch.set_rng_state(torch.from_numpy(random["cpu"]))
        if "cuda" in random:
            torch.cuda.set_rng_state(torch.from_numpy(random["cuda"]), self._device)
        if self.team:
            self.team.share_state()

    def loss_scale(self) -> tuple[float, int] | None:
        """What the loss is multiplied by now, and how many steps were skipped; None where it is not scaled."""
        return self._scale.told() if self._scale else None

    def close(self) -> None:
        """End the other workers, where there are any."""
        if self.team:
            self.team.close()

    def observed(self, validation_inputs: np.ndarray) -> dict[str, Any]:
        """What PyTorch itself says of this session in its first epoch: most fields of events.Evidence."""
        validation = self._tensor(validation_inputs)
        with self._autocast():
            computed = compute_dtype(self._network, self._inputs[:1])
        data = {"inputs": self._inputs, "targets": self._targets, "validation_inputs": validation}
        execution = self._execution + (", many steps per call" if self._scan else "")
        order, rates = self.in_epoch()
        return own_evidence(self._parameters, data, execution, self.team) | {
            "compute_dtype": computed,
            "batch_size": self._batch_size,
            "rows": tuple(order[: 3 * self._batch_size].tolist()),
            "learning_rates": tuple(rates[:3].tolist()),
        }

    def in_epoch(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows (examples,) and the learning rates (steps,) of this epoch as they lie with PyTorch."""
        return self._order.cpu().numpy(), np.array(self._rates)

    def kinds(self) -> dict[str, str]:
        """What each layer is, by its canonical name, in PyTorch's word."""
        return kinds(self._network)

    def device_memory(self) -> int | None:
        """Peak bytes allocated on the GPU; None on other devices."""
        return torch.cuda.max_memory_allocated(self._device) if self._device.type == "cuda" else None

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        """Classes and tokens stay whole numbers; all else gets the run's precision."""
        dtype = torch.int64 if values.dtype.kind == "i" else self._dtype
        return torch.tensor(values, dtype=dtype, device=self._device)

    @contextlib.contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Leave running statistics, counts and random generators as they are, for a pass that is no training step."""
        kept = [value.clone() for value in self._running.values()]
        devices = [self._device] if self._device.type == "cuda" else []
        with torch.random.fork_rng(devices, enabled=self._draws):
            yield
        for value, before in zip(self._running.values(), kept, strict=True):
            value.copy_(before)

    def _canonical(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, np.ndarray]:
        found: dict[str, np.ndarray] = {}
        for name, tensor in tensors.items():
            found |= canonical(name, tensor.detach().cpu().numpy(), self._shapes)
        return found

    def _loss(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return loss_of(self._forward(x), y, self._classify)

    def _in_mixed(self, x: torch.Tensor) -> torch.Tensor:
        """The network's outputs in mixed precision: products in the shorter type, and a loss of float32."""
        with self._autocast():
            return self._network(x).to(self._dtype)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self._device.type, self._compute_dtype, enabled=self._compute_dtype != self._dtype)

    def _compile_both(self) -> None:
        """Compile for whole batches and for the smaller last one within the first step, as TensorFlow traces both."""
        self._to_compile = False
        if self._scan:
            self._scan.compile(self._order, self._optimizer.slots)
            return
        with self._undisturbed():
            for size in {min(self._batch_size, len(self._order)), len(self._order) % self._batch_size} - {0}:
                torch.autograd.grad(self._batch_loss(self._inputs[:size], self._targets[:size]), self._parameters)

    def _many_steps(self, config: RunConfig) -> "ManySteps":
        # Its import alone loads the compiler, 150 MB that no other session needs.
        from engine.frameworks.many_steps_only_torch import ManySteps

        return ManySteps(config, self._network, self._variables, self._inputs, self._targets, self._classify)

    def _in_batches(self, values: torch.Tensor, rows: torch.Tensor) -> Sequence[torch.Tensor]:
        """What the rows hold, batch by batch.

        Products round otherwise where memory is not aligned, so each batch must be, whichever came before it in a call.
        """
        if len(rows) <= self._batch_size:  # a split takes a twentieth of a small network's step
            return [values[rows]]
        if self._batch_size * values[:1].nbytes % ALIGNED:
            return [values[part] for part in rows.split(self._batch_size)]
        return values[rows].split(self._batch_size)

    def _step(self, x: torch.Tensor, y: torch.Tensor, rate: float) -> torch.Tensor:
        loss = self._batch_loss(x, y)
        differentiated = self._scale.scaled(loss) if self._scale else loss
        gradients = torch.autograd.grad(differentiated, self._parameters)
        (self._scale or self._optimizer).apply(gradients, rate)
        return loss.detach()

    def _step_together(self, team: "Team", x: torch.Tensor, y: torch.Tensor, rate: float) -> torch.Tensor:
        """As _step, with this worker's rows of the batch; gives its part of the batch's loss."""
        mine, targets = team.part(x), team.part(y)
        with self._autocast():
            outputs = team.network(mine).to(self._dtype)
        loss = loss_of(outputs, targets, self._classify) * (len(mine) / len(x)) if len(mine) else outputs.sum()
        differentiated = self._scale.scaled(loss) if self._scale else loss
        (self._scale or self._optimizer).apply(team.gradients(differentiated), rate)
        return loss.detach()

    def _team_of(self, config: RunConfig) -> "Team":
        from engine.frameworks.team_only_torch import Team  # half a second that no other session should pay

        slots = [value for values in self._optimizer.slots.values() for value in values]
        slots += self._scale.slots.values() if self._scale else ()
        return Team(config, self._network, self._parameters, [*slots, *self._running.values()])

    def _set_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        with torch.no_grad():
            for name, variable in self._variables.items():
                variable.copy_(torch.from_numpy(own(name, weights, self._shapes)))


if TYPE_CHECKING:

    def _offered(own: Session) -> session.Session:
        return own  # where mypy says what is missing


def _lstm_fails(config: RunConfig) -> bool:
    """Whether an LSTM is asked of oneDNN in a type that this processor has not: PyTorch 2.13 does not look before."""
    mixed = config.compute_dtype != config.variable_dtype
    if not mixed or "lstm" not in config.network_entry.parts(config.network_options):
        return False
    if not torch.backends.mkldnn.is_available():
        return False
    bfloat16, float16 = torch.ops.mkldnn._is_mkldnn_bf16_supported, torch.ops.mkldnn._is_mkldnn_fp16_supported
    return not (float16 if config.scales_loss else bfloat16)()
