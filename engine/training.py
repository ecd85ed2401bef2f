"""The training loop, the same for both frameworks: a generator of events that knows no store and no screen."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from engine import events
from engine.config import RunConfig
from engine.control import FREE, Command
from engine.datasets.split import Split
from engine.events import Event
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.evidence import Witness, Witnessed, epoch_seen, looked_at
from engine.fairness.judge import validation_metrics
from engine.fairness.later_witness import LaterWitness
from engine.pace import Pace
from engine.sampling import Sampler
from engine.session import Session, new_session
from engine.views import View

CHUNK_SECONDS = 0.1  # steps stay on the framework's side this long; a pause waits no longer
TELL_SECONDS = 0.05  # less than a chunk, so that each is told as soon as it is done
CHECKPOINT_SECONDS = 2.0
CHECKPOINTS_SHARE = 0.005  # of the time
PAUSE_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class CheckpointState:
    """What a side needs to go on after `step` steps as if nothing had been: its arrays, and early stopping's record."""

    step: int
    arrays: dict[str, np.ndarray]
    best_loss: float | None
    epochs_without_gain: int


def train(
    config: RunConfig,
    split: Split,
    twin: ModuleType,
    network: ModuleType,
    resume: CheckpointState | None = None,
    again: bool = False,
    read_command: Callable[[], Command] = lambda: FREE,
    import_seconds: float = 0.0,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Event | CheckpointState | Witnessed | View]:
    """Train one side from `resume`, or from the beginning; `again` says that it was recorded before.

    `twin` is engine.frameworks.train_torch or its sibling, `network` the network's twin of the same framework.

    Yields events, a CheckpointState wherever a checkpoint is due, what was Witnessed in the first step and in some of
    the later ones, and now and then a View. `read_command` is asked before every chunk of steps.
    """
    begun = clock()
    session = new_session(config, split, twin, network)
    loop = _Loop(config, split, session, clock)
    framework = twin.__name__.rsplit("_", 1)[-1]
    yield events.Started(
        framework=framework,
        version=twin.VERSION,
        device=getattr(config.device, framework),
        device_name=session.device_name,
        threads=config.threads,
        parameters=session.parameters,
        network=session.network_text,
        training_examples=len(split.inputs),
        validation_examples=len(split.validation_inputs),
        steps_per_epoch=loop.steps_per_epoch,
        total_steps=loop.total_steps,
        import_seconds=import_seconds,
        build_seconds=clock() - begun,
        time=time.time(),
    )
    if resume:
        loop.restore(resume)
    if again:
        yield events.Resumed(loop.step, time.time())
    try:
        yield from loop.run(read_command)
    finally:
        session.close()


class _Loop:
    """Chunks of steps, epoch by epoch, and what is told of them."""

    def __init__(self, config: RunConfig, split: Split, session: Session, clock: Callable[[], float]):
        self.config, self.split, self.session, self.clock = config, split, session, clock
        self.steps_per_epoch = steps_per_epoch(len(split.inputs), config.batch_size)
        self.total_steps = config.epochs * self.steps_per_epoch
        self.step = 0
        self.best_loss: float | None = None
        self.epochs_without_gain = 0
        self._open_epoch = -1
        self._chunk = 1
        self._losses: list[np.ndarray] = []
        self._untold = 0  # the step that they begin with
        self._seconds = 0.0
        self._epochs: list[Event] = []
        self._told = clock()
        self._checkpoints = Pace(clock, CHECKPOINT_SECONDS, CHECKPOINTS_SHARE)
        self._sampler = Sampler(config, split, session, clock)
        self._witness: Witness | None = None  # there is one during the first step
        self._first_loss = 0.0
        self._unseen = False  # whether the present epoch is still to be looked at
        self._later = LaterWitness(config, split, session, self.steps_per_epoch)
        self._witnessed: Witnessed | None = None  # a later step that is still to be told of
        self._scale: tuple[float, int] | None = None  # as it was told

    def restore(self, state: CheckpointState) -> None:
        """Stand where the checkpoint was taken."""
        self.session.restore(state.arrays)
        self.step = self._untold = state.step
        self.best_loss = state.best_loss
        self.epochs_without_gain = state.epochs_without_gain
        self._sampler.restored(state.step)
        self._later.left(state.step, state.arrays)

    def run(self, read_command: Callable[[], Command]) -> Iterator[Event | CheckpointState | Witnessed | View]:
        """All steps that are left, as far as the commands allow."""
        paused = False
        while self.step < self.total_steps and not self._out_of_patience():
            command = read_command()
            allowed = command.steps_allowed(self.step)
            if command.stop:
                yield from self._leave(events.Stopped(self.step, time.time()))
                return
            if allowed == 0:
                if not paused:
                    yield from self._leave(events.Paused(self.step, time.time()))
                paused = True
                time.sleep(PAUSE_POLL_SECONDS)
                continue
            if paused:
                yield events.Continued(self.step, time.time())
                paused = False
            if (bad := self._train_chunk(allowed)) is not None:
                yield from self._tell()
                yield events.Diverged(bad, time.time())
                return
            if self._witnessed:  # before any checkpoint, after which nobody would look again
                yield self._witnessed
                self._witnessed = None
            yield from self._report(force=allowed is not None)
            if self._witness:
                yield self._witness.told(self._first_loss, self.split)
                self._witness = None
            if self._unseen:
                yield epoch_seen(self.session, self._open_epoch)
                self._unseen = False
        reason = "early stopping" if self.step < self.total_steps else "completed"
        yield from self._leave(events.Finished(self.step, reason, time.time()))

    def _train_chunk(self, allowed: int | None) -> int | None:
        """Train some steps of the present epoch; returns the step at which a loss was not finite, if there is one."""
        epoch, first = divmod(self.step, self.steps_per_epoch)
        if epoch != self._open_epoch:
            self._begin_epoch(epoch)
        most = (self._chunk, self.steps_per_epoch - first, allowed, self._later.alone(self.step))
        count = min(limit for limit in most if limit is not None)
        if self.step == 0:
            self._witness = Witness(self.session, self.steps_per_epoch)
        self._later.begins(self.step, first)
        begun = self.clock()
        losses = self.session.run(first, count)
        seconds = self.clock() - begun
        finite = np.isfinite(losses)
        whole = finite.all()
        if not whole:
            kept = int(finite.argmin()) + 1
            losses, seconds = losses[:kept], seconds * kept / count
        if self.step == 0:
            self._first_loss = float(losses[0])
        self._losses.append(losses)
        self._seconds += seconds
        self.step += len(losses)
        if not whole:
            return self.step - 1
        self._witnessed = self._later.ended(self.step - 1, float(losses[-1]))
        if self._witnessed is None:  # else it was one step, whatever would have fitted
            self._chunk = self._next_chunk(count, seconds)
        self._later.left(self.step)
        if self.step % self.steps_per_epoch == 0 and not self._end_epoch(epoch):
            return self.step - 1
        return None

    def _begin_epoch(self, epoch: int) -> None:
        """Give the session its order of rows and its learning rates."""
        first = epoch * self.steps_per_epoch
        rates = learning_rates(self.config, first, self.steps_per_epoch, self.steps_per_epoch)
        self.session.begin_epoch(epoch_order(self.config.seed, epoch, len(self.split.inputs)), rates)
        self._open_epoch, self._unseen = epoch, looked_at(epoch, self.config.epochs)

    def _next_chunk(self, count: int, seconds: float) -> int:
        """As many steps as fit in CHUNK_SECONDS, growing no faster than twofold."""
        fitting = max(1, int(count * CHUNK_SECONDS / max(seconds, 1e-9)))
        return min(fitting, max(2 * count, self._chunk))

    def _end_epoch(self, epoch: int) -> bool:
        """Validate; False when the validation loss is not finite."""
        metrics: dict[str, float | None] = {}
        if len(self.split.validation_inputs):
            outputs = self.session.predict(self.split.validation_inputs)
            metrics = validation_metrics(self.split.form.task, outputs, self.split.validation_targets)
            loss = metrics["validation_loss"]
            if loss is not None and (self.best_loss is None or loss < self.best_loss):
                self.best_loss, self.epochs_without_gain = loss, 0
            else:
                self.epochs_without_gain += 1
        self._epochs.append(events.Epoch(epoch + 1, self.step, metrics))
        return metrics.get("validation_loss", 0.0) is not None

    def _out_of_patience(self) -> bool:
        patience = self.config.early_stopping_patience
        return patience is not None and self.epochs_without_gain >= patience

    def _report(self, force: bool) -> Iterator[Event | CheckpointState | View]:
        """What is due: losses first, then what is sampled now and then."""
        now = self.clock()
        first_steps = self._untold == 0
        # What is traced or compiled for the first step or the first epoch is told apart from what follows.
        force = force or first_steps or self.step == self.steps_per_epoch
        if not (force or now - self._told >= TELL_SECONDS):
            return
        epoch_ended = bool(self._epochs)
        yield from self._tell()
        yield from self._sampler.due(now, self.step, epoch_ended, first_steps)
        if epoch_ended and self._checkpoints.due(now):
            yield from self._checkpoint()

    def _tell(self) -> Iterator[Event]:
        """The losses of all steps since the last time, then the epochs that ended among them."""
        if self._losses:
            losses = np.concatenate(self._losses).astype(float)
            values = tuple(losses.tolist())
            if not np.isfinite(losses[-1]):
                values = (*values[:-1], None)
            yield events.Steps(self._untold, values, self._seconds)
            yield from self._loss_scale()
        yield from self._epochs
        self._losses, self._untold, self._seconds, self._epochs = [], self.step, 0.0, []
        self._told = self.clock()

    def _loss_scale(self) -> Iterator[Event]:
        """The factor on the loss, if there is one and it is another than was told."""
        found = self.session.loss_scale()
        if found and found != self._scale:
            yield events.LossScaled(self.step, *found)
        self._scale = found

    def _leave(self, word: Event) -> Iterator[Event | CheckpointState | View]:
        """Everything that is not told yet, a checkpoint, and the word that the side pauses or ends with."""
        yield from self._tell()
        if self.step > 0 and not isinstance(word, events.Paused):
            yield from self._sampler.end(self.step, trained=self._open_epoch >= 0)
        yield from self._sampler.view(self.step)
        yield from self._checkpoint()
        yield word

    def _checkpoint(self) -> Iterator[CheckpointState]:
        with self._checkpoints.measured():
            yield CheckpointState(self.step, self.session.state(), self.best_loss, self.epochs_without_gain)
