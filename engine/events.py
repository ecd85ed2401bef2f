"""What a run says of itself while it trains: one frozen class per event, one JSON line per event."""

import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

from pydantic_core import from_json

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
    """Euclidean norm of the last whole batch's gradient at the weights after `step` steps, before clipping."""

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


def _kinds(hint: Any) -> tuple[type, ...]:
    """What JSON may hold for a field annotated `hint`."""
    if isinstance(hint, UnionType):
        return tuple(kind for part in get_args(hint) for kind in _kinds(part))
    plain = get_origin(hint) or hint
    return {float: (float, int), tuple: (list,), Mapping: (dict,)}.get(plain, (plain,))


def _part(hint: Any) -> Any:
    """Of what the parts of a list or an object are; None for anything else."""
    parts = get_args(hint)
    return {tuple: parts[:1], Mapping: parts[1:]}.get(get_origin(hint), (None,))[0]


def _hints(kind: type[Event]) -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(kind).items() if name != "type"}


KINDS = {kind: {name: _kinds(hint) for name, hint in _hints(kind).items()} for kind in CLASSES.values()}
OTHER_NUMBERS = (float, float | None, int | None)
TIME = re.compile("time|(.*_)?seconds")
# Steps and times, which are from 0 on; and other numbers, of which some may be null.
COUNTS = {
    kind: [name for name, hint in _hints(kind).items() if hint is int or (hint is float and TIME.fullmatch(name))]
    for kind in CLASSES.values()
}
NUMBERS = {
    kind: [name for name, hint in _hints(kind).items() if hint in OTHER_NUMBERS and name not in counts]
    for kind, counts in COUNTS.items()
}
LARGEST = 2**53  # as a float still a whole number


def _are_numbers(values: Collection[Any]) -> bool:
    """Whether each is a finite number that a curve can take, or null; of a million losses in some milliseconds."""
    found = set(map(type, values))
    if not found <= {float, int, NoneType}:
        return False
    if int in found and not all(type(value) is not int or abs(value) < LARGEST for value in values):
        return False
    # A sum that is finite is one of finite numbers, and quicker; large ones may add up to infinity.
    return math.isfinite(sum(filter(None, values))) or all(map(math.isfinite, filter(None, values)))


def _all_of(kind: type) -> Callable[[Collection[Any]], bool]:
    return lambda values: set(map(type, values)) <= {kind} and (kind is not int or _are_numbers(values))


PARTS: dict[Any, Callable[[Collection[Any]], bool]] = {
    float: lambda values: _are_numbers(values) and None not in values,
    float | None: _are_numbers,
    tuple[float, float, tuple[int, ...]]: lambda values: all(map(_is_histogram, values)),
    **{kind: _all_of(kind) for kind in (int, str, bool)},
}  # what a list or an object may hold, by the annotation of its parts
HOLD = {
    kind: {name: PARTS[part] for name, hint in _hints(kind).items() if (part := _part(hint))}
    for kind in CLASSES.values()
}


def _is_histogram(bins: Any) -> bool:
    low, high, counts = bins
    return PARTS[float]((low, high)) and PARTS[int](counts)


def _holds(kind: type[Event], fields: Mapping[str, Any]) -> bool:
    """Whether the fields, each of the right type, hold what such an event can: no negative step, no text for a loss."""
    if not all(0 <= fields.get(name, 0) < LARGEST for name in COUNTS[kind]):
        return False
    if NUMBERS[kind] and not _are_numbers([fields.get(name) for name in NUMBERS[kind]]):
        return False
    for name, hold in HOLD[kind].items():
        if name in fields and not hold(fields[name].values() if isinstance(fields[name], dict) else fields[name]):
            return False
    return kind is not Started or fields["steps_per_epoch"] > 0


def to_line(event: Event) -> str:
    """One JSON line, newline included. Raises ValueError on NaN or infinity."""
    return ENCODER.encode({"type": event.type, **vars(event)}) + "\n"


def from_line(line: str | bytes) -> Event:
    """The event of one line. Raises ValueError when the line is not one of ours, as one with NaN or infinity."""
    try:
        fields: dict[str, Any] = from_json(line)  # faster than json.loads, which a million losses feel
    except ValueError:
        raise ValueError(f"not JSON: {_shown(line)}") from None
    try:
        kind = CLASSES[fields.pop("type")]
        if all(isinstance(value, KINDS[kind][name]) for name, value in fields.items()) and _holds(kind, fields):
            return kind(**fields)
        why = f"not an event of schema {SCHEMA}" if _finite(fields) else "a number in it is not finite"
    except (KeyError, TypeError, ValueError, AttributeError):
        why = f"not an event of schema {SCHEMA}"
    raise ValueError(f"{why}: {_shown(line)}")


def _finite(value: Any) -> bool:
    """Whether every number in it is; nothing that JSON gave is nested too deep for this."""
    if isinstance(value, dict | list):
        return all(map(_finite, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


def _shown(line: str | bytes) -> str:
    """Its beginning, with nothing in it that a terminal would obey."""
    return repr(line[:80].decode(errors="replace") if isinstance(line, bytes) else line[:80])
