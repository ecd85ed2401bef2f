"""What takes the disk is counted by kind, and only what may go goes, of runs that have ended."""

from pathlib import Path

import pytest

from engine.runs import Store
from engine.store import disk_use
from engine.store.run_rows import RunRows, size_of_folder
from tests import stories

PARTS = {
    "views": "torch/views/000000000003.npz",
    "tensorboard": "tensorflow/events.out.tfevents.1.host.2.0",
    "exports": "exports/torch-onnx/model.onnx",
    "checkpoints": "torch/checkpoint-000000000006.safetensors",
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def fill(store: Store, run: str) -> None:
    """Give the run a file of each kind; the n-th has n thousand bytes."""
    for number, name in enumerate(PARTS.values(), 1):
        path = store.folder(run) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(1000 * number))


def test_every_byte_of_the_runs_has_a_kind(store: Store) -> None:
    for _ in range(2):
        fill(store, stories.finished_run(store))
    found = disk_use.by_kind(store)
    assert {kind: found[kind] for kind in PARTS} == {kind: 2000 * number for number, kind in enumerate(PARTS, 1)}
    assert sum(found.values()) == sum(size_of_folder(store.folder(run)) for run in store.runs())


@pytest.mark.parametrize("kind", disk_use.SPARE)
def test_what_is_spared_goes_of_ended_runs_alone(store: Store, tmp_path: Path, kind: str) -> None:
    ended, queued = stories.finished_run(store), stories.new_run(store)
    for run in (ended, queued):
        fill(store, run)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "work.txt").write_text("mine")
    (store.folder(ended) / "exports" / "link").symlink_to(mine, target_is_directory=True)
    assert disk_use.clean(store, kind) == [ended]
    left = {name for name, path in PARTS.items() if (store.folder(ended) / path).exists()}
    assert left == {*PARTS} - {kind}
    assert all((store.folder(queued) / path).exists() for path in PARTS.values())
    assert (mine / "work.txt").read_text() == "mine"
    assert disk_use.clean(store, kind) == []
    assert {status.word for status in store.status(ended).values()} == {"finished"}


def test_the_list_of_runs_has_the_new_size(store: Store) -> None:
    fill(store, stories.finished_run(store))
    rows = RunRows(store)
    (before,) = rows.rows()
    rows.changed(disk_use.clean(store, "exports"))
    (after,) = rows.rows()
    (read_again,) = RunRows(store).rows()
    assert before.bytes - after.bytes == before.bytes - read_again.bytes == 3000
