"""A side's latest checkpoint: one safetensors file, written whole before the one before it goes."""

import json
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save as to_bytes

from engine.events import Checkpoint
from engine.training import CheckpointState

PATTERN = "checkpoint-*.safetensors"


def save(folder: Path, state: CheckpointState) -> Checkpoint:
    """Write `state` to the side's folder and remove older ones. Raises OSError where the disk is full."""
    name = PATTERN.replace("*", f"{state.step:012d}")
    record = {"best_loss": state.best_loss, "epochs_without_gain": state.epochs_without_gain}
    metadata = {"step": str(state.step), "early_stopping": json.dumps(record)}
    arrays = {name: np.asarray(array, order="C") for name, array in state.arrays.items()}  # else a view is scrambled
    draft = folder / ".checkpoint.draft"
    try:
        draft.write_bytes(to_bytes(arrays, metadata))
        draft.replace(folder / name)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    keep_only(folder, name)
    return Checkpoint(state.step, name)


def keep_only(folder: Path, name: str) -> None:
    """Remove all other checkpoints of the side."""
    for older in folder.glob(PATTERN):
        if older.name != name:
            older.unlink()


def latest(folder: Path) -> CheckpointState | None:
    """The side's latest checkpoint; None when it has none."""
    files = sorted(folder.glob(PATTERN))
    return load(files[-1]) if files else None


def load(path: Path) -> CheckpointState:
    """The checkpoint in that file. Raises FileNotFoundError where a newer one has taken its place."""
    with safe_open(path, "numpy") as file:
        metadata = file.metadata()
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    return CheckpointState(int(metadata["step"]), arrays, **json.loads(metadata["early_stopping"]))
