"""Where tensors end up: each way of saying it, done in both frameworks, and what is read of it again.

A result is `pipelines/placement-<digest of the sources>/`: one JSON file per framework, whole or not at all.
"""

from dataclasses import dataclass
from pathlib import Path

from engine.config import FRAMEWORKS
from engine.examinations.examination import EXAMINATION
from engine.pipelines.sources import source
from engine.runs import Store
from engine.tasks import task
from engine.tasks.results import answers, digest, kept, versions
from engine.tasks.usual_request import UsualRequest

PLACEMENT = task.Kind(
    "placement", "asked where its tensors are", "engine.pipelines.place", together=True,
    hindrance=EXAMINATION.hindrance,
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """One way of placing: `name` is a function of both twins."""

    name: str
    title: str
    told: str


WAYS = (
    Way(
        "automatic",
        "Say nothing",
        "PyTorch puts everything on the processor until it is told otherwise. TensorFlow chooses: a GPU where "
        "there is one.",
    ),
    Way(
        "moved",
        "Move what there is",
        "`model.to(device)` moves a module's weights in place, and `x.to(device)` gives a copy. TensorFlow has no such "
        "method: a copy is `tf.identity` within `tf.device`, and a layer's weights stay where they were made.",
    ),
    Way(
        "within",
        "Make it there",
        "`with torch.device(…)` and `with tf.device(…)`: what is made within is made there. TensorFlow's also runs "
        "operations there; in PyTorch an operation runs where its inputs are.",
    ),
    Way(
        "outside",
        "Compute with it elsewhere",
        "Outside of `tf.device`, TensorFlow brings the inputs to where it would compute anyway, without a word. In "
        "PyTorch the result is where the inputs are.",
    ),
    Way(
        "missing",
        "A device that is not there",
        "The eighth GPU. PyTorch raises. TensorFlow computes elsewhere without a word, as soft placement is on from "
        "the start.",
    ),
    Way(
        "strict",
        "A device that is not there, asked first or strictly",
        "PyTorch is asked how many devices there are before. `tf.config.set_soft_device_placement(False)` makes "
        "TensorFlow raise.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Request(UsualRequest):
    """All ways in both frameworks. The usual config hides GPUs, and no other devices."""

    steps: int = len(WAYS)
    kind: str = "placement"
    how = PLACEMENT

    def folder(self, store: Store) -> Path:
        """Where the result is, or will be."""
        text = "".join(source("placement", side) for side in FRAMEWORKS)
        return store.root / "pipelines" / f"placement-{digest(text)}"


@dataclass(frozen=True)
class Outcome:
    """Where each tensor ended up, by its name; or what was raised instead."""

    devices: dict[str, str]
    raised: str


@dataclass(frozen=True)
class Placement:
    """What came of each way by side, and the versions of the frameworks."""

    sides: dict[str, dict[str, Outcome]]
    versions: dict[str, str]


def read(request: Request, store: Store) -> Placement | None:
    """What there is; None where it was not done. Raises TaskError where that is damaged."""
    return kept(request.folder(store), _read, "do it again")


def _read(folder: Path) -> Placement:
    told = answers(folder)
    sides = {side: {way.name: Outcome(**answer["ways"][way.name]) for way in WAYS} for side, answer in told.items()}
    return Placement(sides, versions(told))
