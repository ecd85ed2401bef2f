"""A side's latest checkpoint: one safetensors file, written whole before the one before it goes."""

import json
import os
from pathlib import Path

from safetensors import safe_open
from safetensors.numpy import save_file

from engine.events import Checkpoint
from engine.training import Snapshot

PATTERN = "checkpoint-*.safetensors"


def save(folder: Path, snapshot: Snapshot) -> Checkpoint:
    """Write `snapshot` to the side's folder and remove older ones. Raises OSError where the disk is full."""
    name = PATTERN.replace("*", f"{snapshot.step:012d}")
    record = {"best_loss": snapshot.best_loss, "epochs_without_gain": snapshot.epochs_without_gain}
    draft = folder / f".{name}"
    save_file(snapshot.arrays, draft, {"step": str(snapshot.step), "early_stopping": json.dumps(record)})
    os.replace(draft, folder / name)
    for older in folder.glob(PATTERN):
        if older.name != name:
            older.unlink()
    return Checkpoint(snapshot.step, name)


def latest(folder: Path) -> Snapshot | None:
    """The side's latest checkpoint; None when it has none."""
    files = sorted(folder.glob(PATTERN))
    if not files:
        return None
    with safe_open(files[-1], "numpy") as file:
        metadata = file.metadata()
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    return Snapshot(int(metadata["step"]), arrays, **json.loads(metadata["early_stopping"]))
