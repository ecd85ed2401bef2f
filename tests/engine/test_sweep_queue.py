"""All sweeps of a store: which one goes on, which are deleted, and one sentence for what is damaged."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine import control
from engine.runs import Store, StoreError
from engine.sweeps import sweep_store
from engine.sweeps.queued import Sweeps
from engine.sweeps.results import results
from tests.engine.real_runs import until
from tests.sweep_stories import PAUSE, Launcher, begun, finished, to_the_end

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


def test_the_oldest_sweep_that_is_not_paused_goes_on(store):
    first, second = sorted(begun(store, trials=2) for _ in range(2))
    sweep_store.ask(store, first, PAUSE)
    sweeps = Sweeps(Launcher(store))
    for _ in range(10):
        sweeps.look()
    assert [sweep_store.word(store, name) for name in (first, second)] == ["paused", "finished"]
    assert not (sweep_store.folder(store, first) / "study.db").exists()
    sweep_store.ask(store, first, control.STOP)
    sweeps.look()
    assert sweep_store.word(store, first) == "stopped"


def test_a_damaged_sweep_keeps_no_other_one_waiting(store):
    first, second = sorted(begun(store, trials=1) for _ in range(2))
    (sweep_store.folder(store, first) / "plan.json").write_text("{")
    sweeps = Sweeps(Launcher(store))
    for _ in range(5):
        sweeps.look()
    assert sweep_store.word(store, second) == "finished"
    assert sweeps.trouble.startswith(f"The sweep {first} waits: The sweep {first} cannot be read, because its plan is")


def test_an_error_that_lasts_is_printed_once(store, monkeypatch, capsys):
    errors = ["one", "one", "one", "another", "another"]

    def fail(_):
        raise RuntimeError(errors.pop(0) if len(errors) > 1 else errors[0])

    monkeypatch.setattr(Sweeps, "look", fail)
    sweeps = Sweeps(Launcher(store))
    sweeps.open()
    until(lambda: len(errors) == 1)
    sweeps.close()
    assert sweeps.trouble == "The sweeps met an error and try again: RuntimeError: another"
    assert capsys.readouterr().err.count("Traceback") == 2


def test_a_sweep_is_deleted_once_it_has_ended_and_its_runs_stay(store):
    name = begun(store)
    with pytest.raises(StoreError, match="has not ended; stop it first"):
        sweep_store.delete(store, name)
    to_the_end(Launcher(store), name)
    runs = store.runs()
    sweep_store.delete(store, name)
    assert sweep_store.sweeps(store) == []
    assert store.runs() == runs
    with pytest.raises(StoreError, match="There is no sweep"):
        results(store, name)


@pytest.mark.parametrize("name", ["../../etc", "nothing", "20200101-000000-mlp-abcdef", "x" * 5000])
def test_an_unknown_sweep_is_one_sentence(store, name):
    for ask in (sweep_store.load, sweep_store.word, sweep_store.delete, results):
        with pytest.raises(StoreError, match="There is no sweep"):
            ask(store, name)


def test_a_damaged_study_is_one_sentence(store):
    name = finished(store, trials=1)
    (sweep_store.folder(store, name) / "study.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match=r"^The study .* cannot be read or written: .*not a database"):
        results(store, name)


def test_optuna_is_not_imported_before_there_is_a_sweep():
    told = "import sys, ui.server, engine.__main__; print('optuna' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"
