"""What a worker records of some later steps, told by its framework: a certificate's evidence of what follows the first.

Only reading is done here: the steps are those that would be trained anyway, each in a call of its own.
"""

import hashlib
from collections.abc import Mapping

import numpy as np

from engine.config import RunConfig
from engine.datasets.split import Split
from engine.events import StepSeen
from engine.fairness.evidence import Witnessed, digest, looked_at
from engine.session import Session

MOST = 10_000  # numbers that are kept of a tensor; of a larger one every second, third, …
FILE = "step-{:012d}.safetensors"


def later_steps(epochs: int, steps_per_epoch: int) -> list[int]:
    """The steps that are looked at beside the first one: the first of some epochs (see looked_at), and the last."""
    found = {epoch * steps_per_epoch for epoch in range(1, epochs) if looked_at(epoch, epochs)}
    return sorted((found | {epochs * steps_per_epoch - 1}) - {0})


class LaterWitness:
    """Looks at a session before and after each of these steps, and when the step before it has ended."""

    def __init__(self, config: RunConfig, split: Split, session: Session, steps_per_epoch: int):
        self._config, self._split, self._session = config, split, session
        self._due = later_steps(config.epochs, steps_per_epoch)
        self._left = self._found = ""
        self._before: dict[str, np.ndarray] = {}

    def alone(self, step: int) -> int | None:
        """How many steps from `step` on may be trained in one call: one that is looked at comes alone. None for any."""
        ahead = next((due for due in self._due if due >= step), None)
        return None if ahead is None else max(1, ahead - step)

    def left(self, step: int, state: Mapping[str, np.ndarray] | None = None) -> None:
        """The steps before `step` have ended, or the session is to go on from `state`."""
        if step in self._due:
            self._left = _digest(self._session.state() if state is None else state)

    def begins(self, step: int, batch: int) -> None:
        """The next thing to be done is `step`, on the epoch's batch number `batch`."""
        if step not in self._due:
            return
        session = self._session
        self._found = _digest(session.state())
        gradients = session.gradients(batch)
        norm = np.sqrt(sum(np.sum(np.square(part, dtype=np.float64)) for part in gradients.values()))
        self._before = self._parts(0) | {f"gradients0/{name}": _some(value) for name, value in gradients.items()}
        self._before["norm0/gradients"] = np.array(norm)
        order, _ = session.in_epoch()
        rows = order[batch * self._config.batch_size :][: self._config.batch_size]
        if len(rows) == min(self._config.batch_size, len(order)):  # TensorFlow would trace a smaller one for this alone
            self._before["outputs0/outputs"] = session.predict(self._split.inputs[rows])

    def ended(self, step: int, loss: float) -> Witnessed | None:
        """What there is to tell after `step`; None where it is not looked at."""
        if not self._before:
            return None
        arrays, self._before = self._before | self._parts(1), {}
        return Witnessed(StepSeen(step, loss, self._left, self._found, FILE.format(step)), arrays)

    def _parts(self, when: int) -> dict[str, np.ndarray]:
        """Weights, and what the optimizer remembers of them, before the step (0) or after it (1)."""
        parts = {"weights": self._session.weights(), **self._session.slots()}
        return {
            f"{part}{when}/{name}": _some(value) for part, values in parts.items() for name, value in values.items()
        }


def _some(value: np.ndarray) -> np.ndarray:
    """At most MOST numbers of it, evenly spread; where these are all, in their shape."""
    every = -(-value.size // MOST)
    return value if every == 1 else value.reshape(-1)[::every].copy()


def _digest(state: Mapping[str, np.ndarray]) -> str:
    return hashlib.sha256("".join(f"{name} {digest([state[name]])} " for name in sorted(state)).encode()).hexdigest()
