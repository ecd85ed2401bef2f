"""One side of a config trained step by step, with more recorded than losses: what both examinations are made of."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from engine.config import RunConfig
from engine.datasets.split import Split
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.weights import initial_weights
from engine.session import Session
from engine.training import CheckpointState

VALUES = 128  # of each layer's activations and of each gradient, at every step
SIGNS = 65_536  # of what each ReLU is given
WEIGHTS_AFTER = (1, 10, 100, 1000)  # steps; and after the last


@dataclass(frozen=True)
class Job:
    """One training: `perturbed` begins with weights changed by one rounding; `layers` and `signs` are recorded or not.

    `config` has the precision it trains in. Steps may go beyond the config's epochs.
    """

    name: str
    config: RunConfig
    steps: int
    perturbed: bool = False
    layers: bool = False
    signs: bool = False


def trace(
    job: Job,
    split: Split,
    twin: ModuleType,
    network: ModuleType,
    resume: CheckpointState | None = None,
    tell: Callable[[int], None] = lambda step: None,
) -> dict[str, np.ndarray]:
    """Train `job.steps` steps from `resume`, or from the beginning; float64 arrays by name.

    `losses` (steps,); `weights/<steps done>/<name>`; for layers `layer/<name>` and `gradient/<name>` (steps, values);
    for signs `signs/<n>/<layer>` (steps, bytes), each bit whether the ReLU was given more than 0, of `signs_of`
    (steps,) values in all; `first_step`, and whether the network has `batch_norm`. Where a loss is not finite, the
    arrays end with that step. `tell` is told the steps done.
    """
    twin.forget()
    twin.configure(job.config)
    weights = initial_weights(job.config)
    begun_with = perturbed(weights, job) if job.perturbed else weights
    session: Session = twin.Session(job.config, split, network.build, begun_with)
    first = 0
    if resume:
        arrays = resume.arrays
        if job.perturbed:
            inner = {name: value for name, value in arrays.items() if name.startswith("weights/")}
            arrays = {**arrays, **perturbed(inner, job)}
        session.restore(arrays)
        first = resume.step
    record = _Record()
    running = any(name.endswith("running_mean") for name in session.state())
    for step in range(first, first + job.steps):
        batch = _open(session, job.config, len(split.inputs), step, step == first)
        if job.layers or job.signs:
            layers, gradients = session.layers(batch)
            record.watch(layers, gradients, job)
        record.losses.append(float(session.run(batch, 1)[0]))
        done = step - first + 1
        if done in (*WEIGHTS_AFTER, job.steps):
            record.weights |= {f"weights/{done}/{name}": value for name, value in session.weights().items()}
        tell(done)
        if not np.isfinite(record.losses[-1]):
            break
    return {"batch_norm": np.array(running), "first_step": np.array(first)} | record.arrays()


def perturbed(weights: Mapping[str, np.ndarray], job: Job) -> dict[str, np.ndarray]:
    """The weights times 1 + ε or 1 − ε, ε being one rounding of the job's precision, by a pattern of the seed."""
    epsilon = np.finfo(job.config.precision).eps
    found = {}
    for name, value in weights.items():
        up = _generator(f"{job.config.seed}/rounding/{name}").integers(0, 2, value.shape, dtype=np.int8)
        found[name] = value * (1 + epsilon * (2.0 * up - 1)).astype(np.float64)
    return found


def sample(name: str, value: np.ndarray, count: int) -> np.ndarray:
    """At most `count` of the value's elements, flat, at places that depend on the name and the size alone."""
    flat = value.reshape(-1)
    if flat.size <= count:
        return flat
    return flat[np.sort(_generator(f"{name}/{flat.size}").choice(flat.size, count, replace=False))]


def _generator(text: str) -> np.random.Generator:
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))


def _open(session: Session, config: RunConfig, examples: int, step: int, first: bool) -> int:
    """The number of the step's batch in its epoch, which is begun where the step is its first."""
    in_epoch = steps_per_epoch(examples, config.batch_size)
    epoch, batch = divmod(step, in_epoch)
    if first or batch == 0:
        rates = learning_rates(config, epoch * in_epoch, in_epoch, in_epoch)
        session.begin_epoch(epoch_order(config.seed, epoch, examples), rates)
    return batch


class _Record:
    """What one training leaves behind."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.weights: dict[str, np.ndarray] = {}
        self._rows: dict[str, list[np.ndarray]] = {}
        self._signs_of: list[int] = []

    def watch(self, layers: dict[str, np.ndarray], gradients: dict[str, np.ndarray], job: Job) -> None:
        """Keep a sample of one pass."""
        total = 0
        for name, value in layers.items():
            if not name.startswith("relu/"):
                if job.layers:
                    self._keep(f"layer/{name}", sample(name, value, VALUES))
            elif job.signs:
                place = name.split("/", 2)[1]  # both frameworks' layers may have other names just before a ReLU
                bits = sample(place, value, SIGNS) > 0
                total += bits.size
                self._keep(f"signs/{name.removeprefix('relu/')}", np.packbits(bits))
        self._signs_of.append(total)
        for name, value in gradients.items() if job.layers else ():
            self._keep(f"gradient/{name}", sample(name, value, VALUES))

    def _keep(self, name: str, values: np.ndarray) -> None:
        self._rows.setdefault(name, []).append(values)

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it; a smaller last batch's rows are filled up, with zeros for bits and with NaN for values."""
        found = {"losses": np.array(self.losses), "signs_of": np.array(self._signs_of)} | self.weights
        return found | {name: _stacked(rows) for name, rows in self._rows.items()}


def _stacked(rows: list[np.ndarray]) -> np.ndarray:
    length = max(map(len, rows))
    fill = 0 if rows[0].dtype.kind == "u" else np.nan
    return np.stack([np.pad(row, (0, length - len(row)), constant_values=fill) for row in rows])
