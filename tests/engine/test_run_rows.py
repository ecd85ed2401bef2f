"""The list of runs: each row says what its run's files say, also from the index, which is only a copy."""

import json
from pathlib import Path

import pytest

from engine import events
from engine.runs import Store
from engine.store import run_rows, trash
from engine.store.run_rows import INDEX, RunRows
from tests import stories


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs whose files are read from now on."""
    seen: list[str] = []
    read = run_rows.row_of

    def row_of(store: Store, run: str) -> run_rows.Row:
        seen.append(run)
        return read(store, run)

    monkeypatch.setattr(run_rows, "row_of", row_of)
    return seen


def test_a_row_says_what_the_files_say(store: Store) -> None:
    run = stories.finished_run(store, shift=0.5, learning_rate=0.02, seed=4)
    (row,) = RunRows(store).rows()
    assert (row.run, row.network, row.dataset, row.learning_rate, row.seed) == (run, "mlp", "digits", 0.02, 4)
    assert row.words == {"torch": "finished", "tensorflow": "finished"}
    assert row.final["torch"] == {"train_loss": 0.5, "validation_loss": 0.25, "validation_accuracy": 0.972}
    assert row.final["tensorflow"]["train_loss"] == 1.0
    assert row.ended
    assert row.bytes == sum(path.stat().st_size for path in store.folder(run).rglob("*") if path.is_file())


def test_the_duration_is_from_the_first_start_to_the_last_end(store: Store) -> None:
    run = stories.new_run(store, frameworks=["torch"])
    store.append(run, events.Launched("torch", 1, 1.0, "elsewhere", False, 0, 50.0))
    stories.tell(store, run, "torch", stories.finished_side())
    assert RunRows(store).rows()[0].seconds == 53.0


def test_what_has_ended_is_read_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = stories.finished_run(store)
    running = stories.new_run(store, frameworks=["torch"])
    stories.launch(store, running, "torch")
    stories.tell(store, running, "torch", stories.finished_side()[:4])
    first = RunRows(store).rows()
    seen = counted(monkeypatch)
    again = RunRows(store)
    assert again.rows() == first
    assert seen == [running]
    stories.tell(store, running, "torch", stories.finished_side()[4:])
    assert {row.run: row.ended for row in again.rows()} == {ended: True, running: True}
    seen.clear()
    again.rows()
    assert seen == []


def test_a_label_shows_at_once_and_the_newest_counts(store: Store) -> None:
    run = stories.finished_run(store)
    rows = RunRows(store)
    assert rows.rows()[0].name == ""
    store.append(run, events.Labelled("old", (), "", 1.0))
    store.append(run, events.Labelled("baseline", ("good", "slow"), "Two lines.", 2.0))
    (row,) = rows.rows()
    assert (row.name, row.tags, row.note) == ("baseline", ("good", "slow"), "Two lines.")
    assert RunRows(store).rows() == [row]


def test_what_an_export_takes_shows_at_once(store: Store) -> None:
    run = stories.finished_run(store)
    rows = RunRows(store)
    (before,) = rows.rows()
    for number, side in enumerate(("torch", "tensorflow"), 1):  # as Exports puts each into its place
        (draft := store.root / "draft").mkdir()
        (draft / "model.onnx").write_bytes(bytes(1000))
        (store.folder(run) / "exports").mkdir(exist_ok=True)
        draft.rename(store.folder(run) / "exports" / f"{side}-onnx")
        (row,) = rows.rows()
        assert row.bytes == before.bytes + 1000 * number
        assert RunRows(store).rows() == [row]


def test_a_deleted_run_leaves_the_list_and_a_restored_one_comes_back(store: Store) -> None:
    run, other = stories.finished_run(store), stories.finished_run(store)
    rows = RunRows(store)
    assert {row.run for row in rows.rows()} == {run, other}
    trash.delete(store, run, 0.0)
    assert [row.run for row in rows.rows()] == [other]
    trash.restore(store, run)
    assert {row.run for row in rows.rows()} == {run, other}


@pytest.mark.parametrize("damage", [b"", b"hello", None])
def test_the_index_is_only_a_copy(store: Store, damage: bytes | None) -> None:
    stories.finished_run(store)
    first = RunRows(store).rows()
    path = store.root / INDEX
    assert path.is_file()
    path.unlink() if damage is None else path.write_bytes(damage)
    assert RunRows(store).rows() == first
    assert RunRows(store).rows() == first


def test_a_run_that_cannot_be_read_says_why_and_hides_no_other(store: Store) -> None:
    broken, whole = stories.finished_run(store), stories.finished_run(store)
    store.log(broken, "torch").write_text("hello\n")
    rows = {row.run: row for row in RunRows(store).rows()}
    assert "damaged" in rows[broken].trouble
    assert rows[whole].trouble == ""


def test_the_last_epoch_is_found_far_from_the_end(store: Store) -> None:
    run = stories.new_run(store, frameworks=["torch"])
    stories.launch(store, run, "torch")
    many = [events.Steps(6 + step, (0.125,) * 50, 0.01) for step in range(0, 20_000, 50)]
    stories.tell(
        store, run, "torch", [*stories.finished_side()[:6], *many, events.Finished(20_006, "completed", 103.0)]
    )
    (row,) = RunRows(store).rows()
    assert row.final["torch"] == {"train_loss": 0.125, "validation_loss": 0.25, "validation_accuracy": 0.972}


def test_rows_are_plain_json(store: Store) -> None:
    stories.finished_run(store)
    (row,) = RunRows(store).rows()
    assert json.loads(json.dumps(vars(row)))["network"] == "mlp"
