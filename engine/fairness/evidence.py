"""What a worker records of its first two steps and of some epochs, told by its framework: a certificate's evidence.

A session that is witnessed goes on, bit for bit, as one that is not: whatever is tried here is taken back.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from safetensors.numpy import save as to_bytes

from engine import system
from engine.datasets.split import Split
from engine.events import EpochSeen, Evidence, StepSeen
from engine.session import Session

Arrays = Mapping[str, Mapping[str, np.ndarray]]  # by part and canonical name
LIMIT = 1_000_000  # parameters; of a larger network only digests are kept, no weights and gradients
FILE = "evidence.safetensors"
STATISTICS = ("running_mean", "running_var")


@dataclass(frozen=True)
class Witnessed:
    """The evidence, and the arrays that its file is to hold."""

    event: Evidence | StepSeen
    arrays: dict[str, np.ndarray]


class Witness:
    """Looks at a session before its first step, and tells after it. `session` is in its first epoch."""

    def __init__(self, session: Session, steps_per_epoch: int):
        self._session = session
        self._second = min(1, steps_per_epoch - 1)  # the batch of the second step
        self._before = session.state() if session.parameters <= LIMIT else {}
        weights = part_of(self._before, "weights/") if self._before else session.weights()
        self._digests = {f"weights/{name}": digest([value]) for name, value in weights.items()}

    def told(self, loss: float, split: Split) -> Witnessed:
        """The evidence after the first step, whose loss was `loss`."""
        seen = self._session.observed(split.validation_inputs)
        data = seen["digests"] | {"data/validation_targets": digest([split.validation_targets])}
        disclosed = seen["disclosed"] | {"machine": system.HOST, "processor": system.processor()}
        batch = split.inputs[list(seen["rows"][: seen["batch_size"]])]
        arrays = self._first_steps(batch) if self._before else {}
        told = seen | {"digests": self._digests | data, "disclosed": disclosed}
        file = FILE if arrays else None
        return Witnessed(Evidence(parameters=self._session.parameters, loss=loss, file=file, **told), arrays)

    def _first_steps(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """Weights before, between and after the first two steps, and both gradients; then all is as it was.

        Also the running statistics after the first step, and what the network gives for the first `batch` before it.
        """
        session = self._session
        after = session.state()
        found = {"weights0": part_of(self._before, "weights/"), "weights1": part_of(after, "weights/")}
        running = part_of(after, "running/").items()
        found["running1"] = {name: value for name, value in running if name.endswith(STATISTICS)}
        found["gradients1"] = session.gradients(self._second)
        session.run(self._second, 1)
        found["weights2"] = session.weights()
        session.restore(self._before)
        found["gradients0"] = session.gradients(0)
        found["outputs0"] = {"outputs": session.predict(batch)}
        session.restore(after)
        return {f"{part}/{name}": value for part, values in found.items() for name, value in values.items()}


def looked_at(epoch: int, epochs: int) -> bool:
    """Whether epoch `epoch` (from 0) of so many is told of: 0, 1, 2, 4, 8, … and the last one."""
    return epoch & (epoch - 1) == 0 or epoch == epochs - 1


def epoch_seen(session: Session, epoch: int) -> EpochSeen:
    """What the framework holds in the epoch that `session` is in, whose number is `epoch`."""
    order, rates = session.in_epoch()
    return EpochSeen(epoch, digest([order]), (float(rates[0]), float(rates[-1])))


def digest(parts: Iterable[np.ndarray]) -> str:
    """SHA-256 of an array that is given in parts, along its first axis: of its type, its other axes and its values."""
    total = hashlib.sha256()
    for number, part in enumerate(parts):
        if number == 0:
            total.update(f"{part.dtype.str}{part.shape[1:]}".encode())
        total.update(np.ascontiguousarray(part).data)
    return total.hexdigest()


def named(found: Iterable[str]) -> str:
    """What several things are, such as the types of all weights: one word where they are one."""
    return " and ".join(sorted(set(found)))


def part_of(state: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """What of a session's state begins with this prefix, such as `weights/`, without it."""
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}


def save(folder: Path, witnessed: Witnessed) -> Evidence | StepSeen:
    """Write the arrays to the side's folder. Raises OSError where the disk is full."""
    if witnessed.event.file:
        draft = folder / f".{FILE}.draft"
        try:
            draft.write_bytes(
                to_bytes({name: np.asarray(value, order="C") for name, value in witnessed.arrays.items()})
            )
            draft.replace(folder / witnessed.event.file)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
    return witnessed.event


def arrays(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """What `save` wrote, by part, each by canonical name: weights0, gradients0, weights1, gradients1, weights2; and
    outputs0 and, of batch norm, running1, which older files do not have. Of a later step, see later_witness.
    """
    found: dict[str, dict[str, np.ndarray]] = {}
    for key, value in load_file(path).items():
        part, name = key.split("/", 1)
        found.setdefault(part, {})[name] = value
    return found
