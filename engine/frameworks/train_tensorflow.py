"""Training in TensorFlow: one session holds network, optimizer and data on one device and runs steps."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from engine.config import RunConfig
from engine.datasets.split import Split, rows_at_a_time
from engine.fairness.defaults import matches
from engine.fairness.evidence import part_of
from engine.fairness.weights import shapes
from engine.frameworks.activations_tensorflow import canonical_layout, kinds, recorded
from engine.frameworks.arithmetic_tensorflow import compute_dtype
from engine.frameworks.device_tensorflow import device_name, own_device
from engine.frameworks.layers_tensorflow import built
from engine.frameworks.loss_scale_tensorflow import LossScale
from engine.frameworks.loss_tensorflow import loss_of
from engine.frameworks.observed_tensorflow import own_evidence, summary
from engine.frameworks.optimizer_tensorflow import Optimizer
from engine.frameworks.traced_only_tensorflow import traced
from engine.frameworks.weights_tensorflow import canonical, own, running, trainable

if TYPE_CHECKING:
    from engine import session

VERSION = tf.__version__


def configure(config: RunConfig) -> None:
    """Set what belongs to the process: threads, random seed and, in the matched policy, plain float32 arithmetic."""
    tf.config.threading.set_intra_op_parallelism_threads(config.threads)
    tf.config.threading.set_inter_op_parallelism_threads(config.threads)
    if config.workers > 1:
        (processor,) = tf.config.list_physical_devices("CPU")
        if tf.config.get_logical_device_configuration(processor) is None:
            parts = [tf.config.LogicalDeviceConfiguration()] * config.workers
            tf.config.set_logical_device_configuration(processor, parts)
    keras.config.set_floatx(config.variable_dtype)
    keras.config.set_dtype_policy(config.precision)  # Keras remembers the first one it was asked for
    keras.utils.set_random_seed(config.seed)
    if matches(config, "tf32"):
        tf.config.experimental.enable_tensor_float_32_execution(False)
    if matches(config, "determinism") and config.device.tensorflow != "cpu":
        tf.config.experimental.enable_op_determinism()


def forget() -> None:
    """Drop what a finished session left in the process: Keras numbers the names of what it builds."""
    keras.utils.clear_session()


class Session:
    """As engine/session.py has it. `build` is the network's twin's, `weights` in canonical layout replace its own."""

    def __init__(
        self,
        config: RunConfig,
        split: Split,
        build: Callable[..., keras.Model],
        weights: Mapping[str, np.ndarray] | None,
    ):
        self._device = own_device(config.device.tensorflow)
        self.device_name = device_name(self._device)
        self._dtype = tf.as_dtype(config.variable_dtype)
        self._classify = split.form.task == "classification"
        self._shapes = shapes(config)
        self.team: tf.distribute.Strategy | None = None
        if config.workers > 1:
            self.team = tf.distribute.MirroredStrategy([f"CPU:{number}" for number in range(config.workers)])
        with tf.device(self._device), self.team.scope() if self.team else contextlib.nullcontext():
            self._inputs = self._tensor(split.inputs)
            self._targets = self._tensor(split.targets)
            self._asked: np.ndarray | None = None
            self._network = built(config, split.form, build)
            self._variables = trainable(self._network)
            self._running = running(self._network)
            if weights is not None:
                self._set_weights(weights)
            self._optimizer = Optimizer(config, self._variables)
            self._scale = LossScale(config, self._optimizer) if config.scales_loss else None
        self._batch_size = config.batch_size
        self._run: Callable[..., tf.Tensor] = self._step
        self._predict, self._gradients = self._outputs, self._batch_gradients
        self._execution, self._many = config.execution.tensorflow, config.steps_per_call.tensorflow == "many"
        if self._execution != "eager":
            self._run = traced(self._steps if self._many else self._step, xla=self._execution == "xla")
            self._predict, self._gradients = traced(self._outputs), traced(self._batch_gradients)
        self._gather = traced(self._gathered)
        # To read a variable from outside of a graph costs 15 µs, and a large network has hundreds.
        self._read, self._read_running = traced(self._values), traced(self._running_values)
        self._write_running = traced(self._put_running)
        self._layers = self._layer_outputs if self._execution == "eager" else traced(self._layer_outputs)
        self.network_text = summary(self._network)
        self.parameters = sum(int(np.prod(variable.shape)) for variable in self._variables.values())

    def begin_epoch(self, order: np.ndarray, learning_rates: np.ndarray) -> None:
        """Take the epoch's row order (examples,) and learning rates (steps,)."""
        self._order, whole = order, len(order) // self._batch_size
        with tf.device(self._device):
            # XLA wants fixed shapes, so whole batches and the smaller last one are two arrays.
            self._whole = tf.constant(order[: whole * self._batch_size].reshape(whole, self._batch_size))
            self._rest = tf.constant(order[whole * self._batch_size :])
            self._rates = tf.constant(learning_rates, tf.float64)

    def run(self, first: int, count: int) -> np.ndarray:
        """Train on `count` batches of this epoch from the `first` on; returns their losses (count,), synchronised."""
        with tf.device(self._device):
            if self._many:
                losses = self._run(self._whole, self._rest, self._rates, tf.constant(first), tf.constant(count))
                return losses.numpy()[:count]
            rows = self._order[first * self._batch_size : (first + count) * self._batch_size]
            starts = range(0, len(rows), self._batch_size)
            batches = [tf.constant(rows[start : start + self._batch_size]) for start in starts]
            rates = self._rates[first : first + count]
            return tf.stack([self._run(*step) for step in zip(batches, rates, strict=True)]).numpy()

    def gather(self, first: int, count: int) -> None:
        """Take what `run` would train on, and no more."""
        gathered = self._gathered if self._execution == "eager" else self._gather
        with tf.device(self._device):
            gathered(self._whole, tf.constant(first), tf.constant(count)).numpy()

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """The network's outputs (examples, …) for inputs (examples, …), some at a time."""
        with tf.device(self._device):
            if inputs is not self._asked:
                rows = rows_at_a_time(inputs)
                starts = range(0, len(inputs), rows)
                self._asked = inputs
                self._asked_parts = [self._tensor(inputs[first : first + rows]) for first in starts]
            outputs = np.concatenate([self._predict(part).numpy() for part in self._asked_parts])
        return np.moveaxis(outputs, -1, 1) if outputs.ndim == 4 else outputs

    def answering(self, inputs: np.ndarray) -> Callable[[], np.ndarray]:
        """What gives the network's outputs (examples, …) for inputs (examples, …), for calls that are timed."""
        with tf.device(self._device):
            x = self._tensor(inputs)
        eager, xla = self._execution == "eager", self._execution == "xla"
        network = self._outputs if eager else traced(self._outputs, xla)

        def answer() -> np.ndarray:
            with tf.device(self._device):
                return network(x).numpy()

        return answer

    def gradients(self, batch: int) -> dict[str, np.ndarray]:
        """The gradient of this epoch's batch number `batch` at the present weights, by name, in canonical layout."""
        rows = self._order[batch * self._batch_size : (batch + 1) * self._batch_size]
        # A run asks once or twice for that of a smaller last batch: to trace it would take as long as ten of them.
        whole = len(rows) == min(self._batch_size, len(self._order))
        gradients_of = self._gradients if whole else self._batch_gradients
        with tf.device(self._device), self._undisturbed():
            gradients = gradients_of(tf.constant(rows))
        return self._canonical(gradients)

    def layers(self, batch: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """What each layer gives for this epoch's batch number `batch`, in the order of the pass, and the gradient."""
        rows = self._order[batch * self._batch_size : (batch + 1) * self._batch_size]
        with tf.device(self._device), self._undisturbed():
            outputs, gradients = self._layers(tf.constant(rows))
        found = dict(zip(self._passed, (tf.cast(value, self._dtype) for value in outputs), strict=True))
        return {name: canonical_layout(value).numpy() for name, value in found.items()}, self._canonical(gradients)

    def weights(self) -> dict[str, np.ndarray]:
        """A copy of the present weights, by name, in canonical layout."""
        return {name: value.copy() for name, value in self._canonical(self._read()).items()}

    def slots(self) -> dict[str, dict[str, np.ndarray]]:
        """A copy of what the optimizer remembers of each weight: as `weights`, by torch.optim's names of it."""
        found = {slot: self._canonical(values) for slot, values in self._optimizer.remembered().items()}
        return {slot: {name: value.copy() for name, value in values.items()} for slot, values in found.items()}

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything that the next step depends on."""
        parts = {"weights": self.weights(), "optimizer": self._optimizer.state()}
        running_values = zip(self._running, self._read_running(), strict=True)
        parts["running"] = {name: np.asarray(value.numpy()) for name, value in running_values}
        parts["loss_scale"] = self._scale.state() if self._scale else {}
        return {f"{part}/{name}": value.copy() for part, values in parts.items() for name, value in values.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` returned."""
        self._set_weights(part_of(state, "weights/"))
        self._optimizer.restore(part_of(state, "optimizer/"))
        for name, value in part_of(state, "running/").items():
            self._running[name].assign(value)
        if self._scale:
            self._scale.restore(part_of(state, "loss_scale/"))

    def loss_scale(self) -> tuple[float, int] | None:
        """What the loss is multiplied by now, and how many steps were skipped; None where it is not scaled."""
        return self._scale.told() if self._scale else None

    def close(self) -> None:
        """End the other workers; in TensorFlow they are no processes."""

    def observed(self, validation_inputs: np.ndarray) -> dict[str, Any]:
        """What TensorFlow itself says of this session in its first epoch: most fields of events.Evidence."""
        with tf.device(self._device):
            validation = self._tensor(validation_inputs)
            computed = compute_dtype(self._network, self._inputs[:1])
        data = {"inputs": self._inputs, "targets": self._targets, "validation_inputs": validation}
        execution = self._execution + (", many steps per call" if self._many else "")
        order, rates = self.in_epoch()
        return own_evidence(list(self._variables.values()), data, execution, self.team) | {
            "compute_dtype": computed,
            "batch_size": self._whole.shape[1],
            "rows": tuple(order[: 3 * self._whole.shape[1]].tolist()),
            "learning_rates": tuple(rates[:3].tolist()),
        }

    def in_epoch(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows (examples,) and the learning rates (steps,) of this epoch as they lie with TensorFlow."""
        return np.concatenate([self._whole.numpy().reshape(-1), self._rest.numpy()]), self._rates.numpy()

    def kinds(self) -> dict[str, str]:
        """What each layer is, by its canonical name, in Keras' word."""
        return kinds(self._network)

    def device_memory(self) -> int | None:
        """Peak bytes allocated on the GPU; None on other devices."""
        return tf.config.experimental.get_memory_info(self._device)["peak"] if "GPU" in self._device else None

    def _tensor(self, values: np.ndarray) -> tf.Tensor:
        """Classes and tokens stay whole numbers; all else gets the precision. Images have channels last."""
        if values.ndim == 4:
            values = np.moveaxis(values, 1, -1)
        return tf.constant(values, tf.int64 if values.dtype.kind == "i" else self._dtype)

    @contextlib.contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Leave running statistics, counts and random generators as they are, for a pass that is no training step."""
        kept = self._read_running()
        yield
        self._write_running(*kept)

    def _canonical(self, found: Mapping[str, tf.Tensor | np.ndarray]) -> dict[str, np.ndarray]:
        """In the order of the weights: a graph gives them in another."""
        arrays = [(name, np.asarray(found[name])) for name in self._variables]
        return {new: value for name, array in arrays for new, value in canonical(name, array, self._shapes).items()}

    def _values(self) -> dict[str, tf.Tensor]:
        return {name: tf.convert_to_tensor(variable) for name, variable in self._variables.items()}

    def _running_values(self) -> list[tf.Tensor]:
        return [tf.identity(variable.value) for variable in self._running.values()]

    def _put_running(self, *values: tf.Tensor) -> None:
        for variable, value in zip(self._running.values(), values, strict=True):
            variable.assign(value)

    def _loss(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        outputs = tf.cast(self._network(x, training=True), self._dtype)
        return loss_of(outputs, y, self._classify)

    def _steps(
        self, whole: tf.Tensor, rest: tf.Tensor, rates: tf.Tensor, first: tf.Tensor, count: tf.Tensor
    ) -> tf.Tensor:
        """`count` steps in one call: calling costs as much as several steps. Behind their losses there are zeros."""
        losses = tf.TensorArray(self._dtype, len(rates))
        done = tf.zeros_like(count)
        if len(whole):
            # With tf.range, or whole[step], XLA would compile anew for every value.
            while done < tf.minimum(count, len(whole) - first):
                step = first + done
                losses = losses.write(done, self._step(tf.gather(whole, step), tf.gather(rates, step)))
                done += 1
        if len(rest):
            loss = tf.zeros((), self._dtype)
            if done < count:
                loss = self._step(rest, tf.gather(rates, first + done))
            losses = losses.write(done, loss)
        return losses.stack()

    def _step(self, rows: tf.Tensor, rate: tf.Tensor) -> tf.Tensor:
        if self.team:
            return self._step_together(self.team, rows, rate)
        with tf.GradientTape() as tape:
            loss = self._loss(tf.gather(self._inputs, rows), tf.gather(self._targets, rows))
            differentiated = self._scale.scaled(loss) if self._scale else loss
        gradients = tape.gradient(differentiated, [variable.value for variable in self._variables.values()])
        (self._scale or self._optimizer).apply(gradients, rate)
        return loss

    def _step_together(self, team: tf.distribute.Strategy, rows: tf.Tensor, rate: tf.Tensor) -> tf.Tensor:
        """As _step, each worker with its part of the rows: as many as the others, or one more."""
        workers = team.num_replicas_in_sync
        sizes = [len(rows) // workers + (rank < len(rows) % workers) for rank in range(workers)]
        parts = tf.split(rows, sizes)

        def part_of_step() -> tuple[tf.Tensor, list[tf.Tensor]]:
            mine = parts[_rank()] if sizes[_rank()] else rows[:1]  # with no row it has one that counts for nothing
            with tf.GradientTape() as tape:
                loss = self._loss(tf.gather(self._inputs, mine), tf.gather(self._targets, mine))
                loss *= tf.constant(sizes[_rank()] / len(rows), loss.dtype)
                differentiated = self._scale.scaled(loss) if self._scale else loss
            return loss, tape.gradient(differentiated, [variable.value for variable in self._variables.values()])

        loss, gradients = team.run(part_of_step)
        summed = [team.reduce(tf.distribute.ReduceOp.SUM, gradient, axis=None) for gradient in gradients]
        (self._scale or self._optimizer).apply(summed, rate)
        return team.reduce(tf.distribute.ReduceOp.SUM, loss, axis=None)

    def _gathered(self, whole: tf.Tensor, first: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        """The sum of a number of each batch, for a graph leaves out what nobody asks for."""
        taken, done = tf.zeros((), self._dtype), tf.zeros_like(count)
        while done < tf.minimum(count, len(whole) - first):
            rows = tf.gather(whole, first + done)
            for values in (self._inputs, self._targets):
                taken += tf.cast(tf.reshape(tf.gather(values, rows), (-1,))[0], self._dtype)
            done += 1
        return taken

    def _outputs(self, x: tf.Tensor) -> tf.Tensor:
        return tf.cast(self._network(x, training=False), self._dtype)

    def _batch_gradients(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = self._loss(tf.gather(self._inputs, rows), tf.gather(self._targets, rows))
            differentiated = self._scale.scaled(loss) if self._scale else loss
        gradients = tape.gradient(differentiated, [variable.value for variable in self._variables.values()])
        found = self._scale.unscaled(gradients) if self._scale else gradients
        # That of an embedding names the rows that it has.
        return {name: tf.convert_to_tensor(one) for name, one in zip(self._variables, found, strict=True)}

    def _layer_outputs(self, rows: tf.Tensor) -> tuple[list[tf.Tensor], dict[str, tf.Tensor]]:
        with recorded(self._network) as found:
            gradients = self._batch_gradients(rows)
        self._passed = list(found)  # a graph would sort them
        return list(found.values()), gradients

    def _set_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        for name, variable in self._variables.items():
            variable.assign(own(name, weights, self._shapes))


if TYPE_CHECKING:

    def _offered(own: Session) -> session.Session:
        return own  # where mypy says what is missing


def _rank() -> int:
    """Which worker this is, within a strategy's run."""
    rank = tf.distribute.get_replica_context().replica_id_in_sync_group
    return int(tf.get_static_value(rank) if tf.is_tensor(rank) else rank)
