"""What a side is asked now and then beside its losses: the gradient, memory, and what it has learned."""

from collections.abc import Callable, Iterator

import numpy as np

from engine import events, system
from engine.config import RunConfig
from engine.datasets.split import Split
from engine.events import Event
from engine.fairness.batches import steps_per_epoch
from engine.measure.histogram import histogram
from engine.pace import Pace
from engine.session import Session
from engine.views import VIEW_SECONDS, View, Viewer

RESOURCES_SECONDS = 1.0
HISTOGRAM_SECONDS = 2.0
STEPS_PER_GRADIENT = 250
GRADIENTS_SHARE = HISTOGRAMS_SHARE = 0.0025  # of the time
VIEWS_SHARE = 0.01


class Sampler:
    """Asks a session that trains, each thing when it is due."""

    def __init__(self, config: RunConfig, split: Split, session: Session, clock: Callable[[], float]):
        self._session, self._clock = session, clock
        self._steps_per_epoch = steps_per_epoch(len(split.inputs), config.batch_size)
        self._whole = max(1, len(split.inputs) // config.batch_size)  # batches of an epoch, or the only one
        self._bins = config.histograms
        self._watched = clock()
        self._gradients = Pace(clock, 0.0, GRADIENTS_SHARE)
        self._histograms = Pace(clock, HISTOGRAM_SECONDS, HISTOGRAMS_SHARE)
        self._gradient_step = -STEPS_PER_GRADIENT
        self._viewer = Viewer(config, split) if config.snapshots else None
        self._views = Pace(clock, VIEW_SECONDS, VIEWS_SHARE, at_once=True)

    def restored(self, step: int) -> None:
        """The session goes on from `step`."""
        self._gradient_step = step - STEPS_PER_GRADIENT

    def due(self, now: float, step: int, epoch_ended: bool, first_steps: bool) -> Iterator[Event | View]:
        """What is due `now`, by the clock, after `step` steps. No norm after the `first_steps`: it would trace."""
        histograms = epoch_ended and self._bins and self._histograms.due(now)
        norm = step - self._gradient_step >= STEPS_PER_GRADIENT and not first_steps and self._gradients.due(now)
        if histograms or norm:
            yield from self._last_gradient(step, histograms)
        if now - self._watched >= RESOURCES_SECONDS:
            yield self._resources(step)
        if self._views.due(now):
            yield from self.view(step)

    def end(self, step: int, trained: bool) -> Iterator[Event]:
        """What is told of the last of `step` steps; of its gradient only where this session `trained` it."""
        if trained:
            yield from self._last_gradient(step, self._bins)
        yield self._resources(step)

    def view(self, step: int) -> Iterator[View]:
        """What was learned; its time is that of taking it and of writing it, until the loop goes on."""
        if self._viewer:
            with self._views.measured():
                yield self._viewer.take(step, self._session)

    def _last_gradient(self, step: int, histograms: bool) -> Iterator[Event]:
        """What the gradient of the last whole batch, or of the only one, says: its norm, and how it is spread.

        Not of a smaller last batch: norms of batches of two sizes say little beside each other.
        """
        # Of one pace, norms, which come at any step, would leave no time for histograms, which come at epoch ends.
        pace = self._histograms if histograms else self._gradients
        with pace.measured():
            gradients = self._session.gradients(min((step - 1) % self._steps_per_epoch, self._whole - 1))
            self._gradient_step = step
            norm = float(np.sqrt(sum(np.sum(np.square(part, dtype=np.float64)) for part in gradients.values())))
            yield events.Gradient(step, norm if np.isfinite(norm) else None)
            if histograms:
                named = {f"weights/{name}": value for name, value in self._session.weights().items()}
                named |= {f"gradients/{name}": value for name, value in gradients.items()}
                yield events.Histograms(step, {name: histogram(value) for name, value in named.items()})

    def _resources(self, step: int) -> Event:
        self._watched = self._clock()
        return events.Resources(step, *system.memory(), self._session.device_memory())
