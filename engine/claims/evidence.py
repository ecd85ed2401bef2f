"""What a claim rests on: measurements that a person starts here, and dated facts with their sources."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.bench.plan import Plan
from engine.config import RunConfig


@dataclass(frozen=True)
class Fact:
    """Something that happened or was counted elsewhere, on an ISO date, or in its month, as the source says."""

    on: str
    sentence: str
    source: str


@dataclass(frozen=True)
class Timed:
    """A benchmark; the plan is made when it is asked for, because it has to fit the machine."""

    does: str
    plan: Callable[[], Plan]


@dataclass(frozen=True)
class Trained:
    """A run of one config on both sides."""

    does: str
    config: Callable[[], RunConfig]


@dataclass(frozen=True)
class Planted:
    """A mistake of the debug lab, made in both frameworks in one execution."""

    does: str
    mistake: str
    execution: str


@dataclass(frozen=True)
class Ran:
    """The phrase book, run whole."""

    does: str


@dataclass(frozen=True)
class Branched:
    """A branch on a tensor, run in every way in both: eager, compiled, exported."""

    does: str


@dataclass(frozen=True)
class Placed:
    """Tensors placed in every way in both, and where they ended up."""

    does: str


@dataclass(frozen=True)
class Counted:
    """The scripts of one network in both frameworks, counted; it takes no time."""

    does: str
    network: str


@dataclass(frozen=True)
class Exported:
    """Both sides of a run of that config, which has to be there, in one format, each reloaded alone and checked."""

    does: str
    config: Callable[[], RunConfig]
    format: str


Task = Planted | Ran | Branched | Placed  # what a process of each framework does at once
Measurement = Timed | Trained | Task | Counted | Exported
