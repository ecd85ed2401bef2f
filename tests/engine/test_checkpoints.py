"""A checkpoint gives back what was saved, and a save that fails leaves the one before it."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from engine.events import Checkpoint
from engine.store import checkpoints
from engine.training import CheckpointState


def state(step, best_loss=0.25):
    arrays = {
        "weights/hidden.weight": np.arange(6, dtype=np.float32).reshape(2, 3).T + step,
        "weights/hidden.bias": np.array([1e-310, np.inf, np.nan]),
        "optimizer/step": np.array(step, np.int64),
    }
    return CheckpointState(step, arrays, best_loss, 2)


def files(folder):
    return sorted(os.listdir(folder))


def test_what_is_saved_comes_back(tmp_path):
    saved = state(12)
    assert checkpoints.save(tmp_path, saved) == Checkpoint(12, "checkpoint-000000000012.safetensors")
    found = checkpoints.latest(tmp_path)
    assert (found.step, found.best_loss, found.epochs_without_gain) == (12, 0.25, 2)
    assert found.arrays.keys() == saved.arrays.keys()
    for name, array in saved.arrays.items():
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].shape == array.shape
        assert found.arrays[name].tobytes() == array.tobytes()


def test_no_best_loss_yet(tmp_path):
    checkpoints.save(tmp_path, state(0, None))
    assert checkpoints.latest(tmp_path).best_loss is None


def test_a_folder_without_one(tmp_path):
    assert checkpoints.latest(tmp_path) is None


def test_only_the_latest_stays(tmp_path):
    for step in (1, 2, 1_000_000_000):
        checkpoints.save(tmp_path, state(step))
    assert files(tmp_path) == ["checkpoint-001000000000.safetensors"]
    assert checkpoints.latest(tmp_path).step == 1_000_000_000


def test_the_same_step_again(tmp_path):
    checkpoints.save(tmp_path, state(5))
    checkpoints.save(tmp_path, state(5, 0.125))
    assert checkpoints.latest(tmp_path).best_loss == 0.125


def test_a_full_disk_keeps_the_one_before(tmp_path, monkeypatch):
    checkpoints.save(tmp_path, state(1))

    def take_half(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", take_half)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.save(tmp_path, state(2))
    assert files(tmp_path) == ["checkpoint-000000000001.safetensors"]
    assert checkpoints.latest(tmp_path).step == 1


def test_a_worker_killed_while_it_saved(tmp_path):
    checkpoints.save(tmp_path, state(1))
    (tmp_path / ".checkpoint.draft").write_bytes(b"half")
    assert checkpoints.latest(tmp_path).step == 1
    checkpoints.save(tmp_path, state(2))
    assert files(tmp_path) == ["checkpoint-000000000002.safetensors"]
