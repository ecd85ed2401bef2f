"""What a run says of itself while it trains: one frozen class per event, one JSON line per event."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

SCHEMA = 1


@dataclass(frozen=True)
class Event:
    """One line of an events.jsonl. `type` names the class in the file."""

    type: ClassVar[str]


# What the launcher did with each side: written to runs/<id>/events.jsonl.


@dataclass(frozen=True)
class Launched(Event):
    """A worker process was given a side. `pid` and `process_start` (seconds since boot) identify it on `host`.

    `log_size` is where the side's log ended then, in bytes: what lies behind it is this process's.
    """

    type: ClassVar[str] = "launched"
    side: str
    pid: int
    process_start: float
    host: str
    warm: bool
    log_size: int
    time: float


@dataclass(frozen=True)
class Requeued(Event):
    """A side that ended early is to go on from its last checkpoint."""

    type: ClassVar[str] = "requeued"
    side: str
    time: float


@dataclass(frozen=True)
class Lost(Event):
    """The process of a side ended without a last word of its own."""

    type: ClassVar[str] = "lost"
    side: str
    reason: str
    time: float


@dataclass(frozen=True)
class Cancelled(Event):
    """The launcher ended a side that was to stop and could not do so itself: queued, compiling, or hanging."""

    type: ClassVar[str] = "cancelled"
    side: str
    reason: str
    time: float


@dataclass(frozen=True)
class Placed(Event):
    """The run is to be trained on the cluster at `address`; one that nothing is said of, on this machine."""

    type: ClassVar[str] = "placed"
    address: str
    time: float


@dataclass(frozen=True)
class Labelled(Event):
    """What a person calls the run: a name, tags and a note. The newest of these counts."""

    type: ClassVar[str] = "labelled"
    name: str
    tags: tuple[str, ...]
    note: str
    time: float


# What a side's own worker writes to runs/<id>/<side>/events.jsonl.


@dataclass(frozen=True)
class Started(Event):
    """Network and data are ready; the first step (trace or compilation included) comes next."""

    type: ClassVar[str] = "started"
    framework: str
    version: str
    device: str
    device_name: str
    threads: int
    parameters: int
    network: str  # the network as its framework prints it
    training_examples: int
    validation_examples: int
    steps_per_epoch: int
    total_steps: int
    import_seconds: float
    build_seconds: float
    time: float
    schema: int = SCHEMA


@dataclass(frozen=True)
class Resumed(Event):
    """Training goes on from a checkpoint; every earlier record of a step at or after `from_step` is superseded."""

    type: ClassVar[str] = "resumed"
    from_step: int
    time: float


@dataclass(frozen=True)
class Steps(Event):
    """The losses of all steps since the last such event. Steps count from 0; a non-finite loss is null.

    `seconds` is the time inside synchronised training steps alone: no writing, validation or waiting.
    """

    type: ClassVar[str] = "steps"
    first_step: int
    losses: tuple[float | None, ...]
    seconds: float


@dataclass(frozen=True)
class Evidence(Event):
    """What the framework itself said of the session around its first step, for the certificate.

    `rows` are those of the first three batches, `learning_rates` those of their steps, `loss` that of step 0. `digests`
    are of arrays in canonical layout, `data/…` after their transfer and `weights/…` before the first step. `file`,
    beside the log, has weights and gradients of the first two steps, and what the network gives for the first batch; it
    is missing for a very large network.
    """

    type: ClassVar[str] = "evidence"
    dtype: str
    device: str
    threads: Mapping[str, int]
    tf32: Mapping[str, bool]
    parameters: int
    batch_size: int
    rows: tuple[int, ...]
    learning_rates: tuple[float, ...]
    loss: float
    digests: Mapping[str, str]
    disclosed: Mapping[str, str]  # what may differ: versions, execution, layout, and which machine it was
    file: str | None
    compute_dtype: str = ""  # of what the network gives; older logs lack it


@dataclass(frozen=True)
class EpochSeen(Event):
    """What the framework itself holds in epoch `epoch` (from 0), for the certificate: see evidence.looked_at.

    `order` is the SHA-256 of all its rows, those of the smaller last batch included; `rates` are the first and the last
    learning rate.
    """

    type: ClassVar[str] = "epoch_seen"
    epoch: int
    order: str
    rates: tuple[float, ...]


@dataclass(frozen=True)
class StepSeen(Event):
    """What the framework itself said before and after step `step` (from 0), for the certificate: see later_witness.

    `left` is the SHA-256 of all that the step depends on, as it was when the step before it ended, and `found` as it
    was when this one began. `file`, beside the log, has weights, gradient and what the optimizer remembers.
    """

    type: ClassVar[str] = "step_seen"
    step: int
    loss: float
    left: str
    found: str
    file: str


@dataclass(frozen=True)
class Gradient(Event):
    """Euclidean norm of the last batch's gradient at the weights after `step` steps, before clipping."""

    type: ClassVar[str] = "gradient"
    step: int
    norm: float | None


@dataclass(frozen=True)
class LossScaled(Event):
    """What the loss is multiplied by after `step` steps, told when it changes, and how many steps were skipped so far.

    A step is skipped where a gradient overflows float16: it changes no weight.
    """

    type: ClassVar[str] = "loss_scaled"
    step: int
    scale: float
    skipped: int


@dataclass(frozen=True)
class Epoch(Event):
    """End of epoch `epoch` (from 1) after `step` steps. Metrics by name, e.g. validation_loss."""

    type: ClassVar[str] = "epoch"
    epoch: int
    step: int
    metrics: Mapping[str, float | None]


@dataclass(frozen=True)
class Resources(Event):
    """Resident memory of the worker process in bytes, now and at its peak; device memory where there is a GPU."""

    type: ClassVar[str] = "resources"
    step: int
    memory: int
    peak_memory: int
    device_memory: int | None = None


@dataclass(frozen=True)
class Histograms(Event):
    """Counts in equal bins per tensor after `step` steps: {"weights/hidden.weight": [low, high, [counts]]}."""

    type: ClassVar[str] = "histograms"
    step: int
    tensors: Mapping[str, tuple[float, float, tuple[int, ...]]]


@dataclass(frozen=True)
class Checkpoint(Event):
    """Weights and optimizer state after `step` steps lie in `file`, relative to the side's folder."""

    type: ClassVar[str] = "checkpoint"
    step: int
    file: str


@dataclass(frozen=True)
class Viewed(Event):
    """What the side had learned after `step` steps lies in `file`, relative to its folder, unless thinned out since."""

    type: ClassVar[str] = "viewed"
    step: int
    file: str


@dataclass(frozen=True)
class Paused(Event):
    """Waiting after `step` steps."""

    type: ClassVar[str] = "paused"
    step: int
    time: float


@dataclass(frozen=True)
class Continued(Event):
    """Going on after a pause."""

    type: ClassVar[str] = "continued"
    step: int
    time: float


@dataclass(frozen=True)
class Finished(Event):
    """The side ended as asked after `step` steps; `reason` is "completed" or "early stopping"."""

    type: ClassVar[str] = "finished"
    step: int
    reason: str
    time: float


@dataclass(frozen=True)
class Stopped(Event):
    """A person stopped the side after `step` steps."""

    type: ClassVar[str] = "stopped"
    step: int
    time: float


@dataclass(frozen=True)
class Diverged(Event):
    """The loss of step `step` (from 0), or the validation loss after it, was not finite."""

    type: ClassVar[str] = "diverged"
    step: int
    time: float


@dataclass(frozen=True)
class Failed(Event):
    """The side broke; `message` is one sentence for a person, the traceback is in worker.log."""

    type: ClassVar[str] = "failed"
    message: str
    time: float


ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
CLASSES: dict[str, type[Event]] = {event.type: event for event in Event.__subclasses__()}
LAST_WORDS = (Finished, Stopped, Diverged, Failed)  # of a side's own log


def to_line(event: Event) -> str:
    """One JSON line, newline included. Raises ValueError on NaN or infinity."""
    return ENCODER.encode({"type": event.type, **vars(event)}) + "\n"
