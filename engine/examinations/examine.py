"""The process that trains one side for an examination: `python -m engine.examinations.examine FRAMEWORK FOLDER`.

FOLDER holds request.json. What was recorded goes to <framework>.npz there, how far it is to <framework>.steps.
"""

import importlib
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine import system
from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.examinations.lockstep import Job, trace
from engine.store import checkpoints
from engine.training import CheckpointState
from engine.twins import network_twin

TELL_SECONDS = 0.2


@dataclass
class Teller:
    """Writes how many steps are done, and ends the process when whoever started it is gone."""

    path: Path
    parent: int
    before: int = 0
    told: float = 0.0

    def __call__(self, step: int) -> None:
        """`step` steps of the present training are done."""
        if time.monotonic() - self.told < TELL_SECONDS:
            return
        if os.getppid() != self.parent:
            sys.exit(4)
        self.told = time.monotonic()
        system.write_whole(self.path, str(self.before + step))


def _resumed(path: Path) -> CheckpointState:
    try:
        return checkpoints.load(path)
    except FileNotFoundError:
        sys.exit("its checkpoint has been replaced by a newer one meanwhile; look again when the run has ended")


def main(framework: str, folder: Path) -> None:
    """Do all the jobs of the request."""
    tell = Teller(folder / f"{framework}.steps", os.getppid())
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    twin = importlib.import_module(f"engine.frameworks.train_{framework}")
    resume = _resumed(Path(request["resume"]) / framework / request["checkpoint"]) if request["resume"] else None
    found: dict[str, np.ndarray] = {}
    for fields in request["jobs"]:
        job = Job(**fields | {"config": RunConfig.build(fields["config"])})
        network = network_twin(job.config, framework)
        arrays = trace(job, prepare(job.config), twin, network, resume, tell)
        found |= {f"{job.name}/{name}": value for name, value in arrays.items()}
        tell.before += job.steps
    draft = folder / f".{framework}.npz"
    with draft.open("wb") as file:
        np.savez_compressed(file, **found)  # type: ignore[arg-type]
    draft.replace(folder / f"{framework}.npz")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
