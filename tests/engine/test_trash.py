"""The trash: a run's own folder goes there and comes back, and nothing else is touched."""

from pathlib import Path

import pytest

from engine.runs import Store, StoreError
from engine.store import trash
from tests import stories

DAY = 24 * 3600.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_deleted_run_comes_back_as_it_was(store: Store) -> None:
    run, other = stories.finished_run(store), stories.finished_run(store)
    before = files(store.root)
    trash.delete(store, run, 5.0)
    assert store.runs() == [other]
    assert [(one.run, one.time) for one in trash.deleted(store)] == [(run, 5.0)]
    trash.restore(store, run)
    assert files(store.root) == before
    assert trash.deleted(store) == []


def test_after_a_day_it_is_gone_for_good(store: Store) -> None:
    old, young, kept = (stories.finished_run(store) for _ in range(3))
    trash.delete(store, old, 1000.0)
    trash.delete(store, young, 2000.0)
    assert trash.empty(store, before=1500.0 + DAY - DAY) == 1
    assert [one.run for one in trash.deleted(store)] == [young]
    assert store.runs() == [kept]
    with pytest.raises(StoreError, match="is not in the trash"):
        trash.restore(store, old)


def test_only_the_runs_own_folder_is_removed(store: Store, tmp_path: Path) -> None:
    run = stories.finished_run(store)
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "work.txt").write_text("mine")
    (store.folder(run) / "link").symlink_to(precious, target_is_directory=True)
    (store.root / "other").mkdir()
    trash.delete(store, run, 0.0)
    foreign = store.root / trash.FOLDER / "something else"
    foreign.mkdir()
    trash.empty(store, before=1.0)
    assert (precious / "work.txt").read_text() == "mine"
    assert (store.root / "other").is_dir()
    assert foreign.is_dir()


def test_a_run_that_is_a_link_loses_the_link_alone(store: Store, tmp_path: Path) -> None:
    run = stories.finished_run(store)
    elsewhere = tmp_path / "elsewhere"
    store.folder(run).rename(elsewhere)
    (store.root / run).symlink_to(elsewhere, target_is_directory=True)
    trash.delete(store, run, 0.0)
    trash.empty(store, before=1.0)
    assert (elsewhere / "config.json").is_file()
    assert store.runs() == []


@pytest.mark.parametrize("run", ["", "..", "../other", "x", "20260101-000000-mlp-abcdef"])
def test_what_is_no_run_is_not_moved(store: Store, run: str) -> None:
    stories.finished_run(store)
    before = files(store.root)
    for act in (lambda: trash.delete(store, run, 0.0), lambda: trash.restore(store, run)):
        with pytest.raises(StoreError):
            act()
    assert files(store.root) == before


def test_what_is_there_again_is_not_overwritten(store: Store) -> None:
    run = stories.finished_run(store)
    trash.delete(store, run, 0.0)
    (store.root / run).mkdir()
    with pytest.raises(StoreError, match="There is a run"):
        trash.restore(store, run)


def test_a_run_that_trains_stays(store: Store) -> None:
    run = stories.new_run(store)
    stories.launch(store, run, "torch")
    stories.tell(store, run, "torch", stories.finished_side()[:3])
    with pytest.raises(StoreError, match=r"still training; stop it first\.$"):
        trash.delete(store, run, 0.0)
