"""A sweep that is interrupted: pause and stop, drivers that are killed, stores that fail, and runs under way."""

import pytest

from engine import control
from engine.runs import Store, StoreError
from engine.sweeps import queued, sweep_store
from engine.sweeps.driver import Driver
from engine.sweeps.queued import Sweeps
from engine.sweeps.results import results
from tests.sweep_stories import PAUSE, TEXTS, Launcher, begun, finished, settings, to_the_end, words


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


class Killed(BaseException):
    """As kill -9 ends a driver: nothing after it happens."""


def test_paused_no_trial_begins_and_the_one_under_way_is_told(store):
    launcher = Launcher(store, at_once=False)
    name = begun(store)
    driver = Driver(launcher, name)
    driver.advance()
    sweep_store.ask(store, name, PAUSE)
    launcher.finish(launcher.submitted[0])
    assert not any(driver.advance() for _ in range(5))
    assert words(store, name) == ["finished"]
    assert sweep_store.word(store, name) == "paused"
    sweep_store.ask(store, name, control.FREE)
    to_the_end(Launcher(store), name)  # as after a restart
    assert words(store, name) == ["finished"] * 6


def test_stop_ends_the_sweep_and_the_trial_under_way(store):
    launcher = Launcher(store, at_once=False)
    name = begun(store)
    driver = Driver(launcher, name)
    driver.advance()
    sweep_store.ask(store, name, control.STOP)
    assert not driver.advance()
    assert driver.advance()
    assert (sweep_store.word(store, name), words(store, name)) == ("stopped", ["failed"])
    assert len(launcher.submitted) == 1


PLACES = [
    *("study ask", "study set_user_attr", "study tell", "study keep"),
    *("launcher submit", "after submit", "store end"),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("sampler", ["tpe", "grid"])
def test_killed_anywhere_a_driver_loses_and_repeats_nothing(store, tmp_path, monkeypatch, place, sampler):
    """Killed at every call of that kind, again and again: the trials are those of a sweep that was left alone."""
    texts = {"learning_rate": "0.005,0.01,0.02,0.3"} if sampler == "grid" else TEXTS
    more = {"texts": texts, "sampler": sampler, "trials": None if sampler == "grid" else 6, "seeds": 2}
    other = Store(tmp_path / "alone")
    alone = finished(other, **more)
    name = begun(store, **more)
    launcher = Launcher(store)
    kill_once(monkeypatch, place)
    for _ in range(200):
        try:
            to_the_end(launcher, name)
            break
        except Killed:
            continue
    monkeypatch.undo()
    assert sweep_store.word(store, name) == "finished"
    assert settings(store, name) == settings(other, alone)
    assert results(store, name).candidates == results(other, alone).candidates
    found = results(store, name)
    assert sorted(launcher.submitted) == sorted([trial.run for trial in found.trials] + list(found.runs.values()))
    assert all(trial.word == "finished" for trial in found.trials)


@pytest.mark.parametrize("place", PLACES)
def test_a_store_that_fails_anywhere_is_tried_again(store, tmp_path, monkeypatch, place):
    other = Store(tmp_path / "alone")
    alone = finished(other, seeds=2)
    name = begun(store, seeds=2)
    monkeypatch.setattr(queued, "RETRY_SECONDS", 0.0)
    launcher = Launcher(store)
    sweeps, troubles = Sweeps(launcher), set()
    kill_once(monkeypatch, place, StoreError("The disk is full."))
    for _ in range(200):
        sweeps.look()
        troubles.add(sweeps.trouble)
    monkeypatch.undo()
    assert sweep_store.word(store, name) == "finished"
    assert troubles == {"", f"The sweep {name} waits: The disk is full."}
    assert settings(store, name) == settings(other, alone)
    found = results(store, name)
    assert sorted(launcher.submitted) == sorted([trial.run for trial in found.trials] + list(found.runs.values()))


def kill_once(monkeypatch, place, error=None):
    """Have every second call of one kind end the driver, before it or after it."""
    import optuna

    targets = {
        "study ask": (optuna.study.Study, "ask"), "study set_user_attr": (optuna.trial.Trial, "set_user_attr"),
        "study tell": (optuna.study.Study, "tell"), "launcher submit": (Launcher, "submit"),
        "after submit": (Launcher, "submit"), "store end": (sweep_store, "end"),
        "study keep": (optuna.study.Study, "set_user_attr"),
    }  # fmt: skip
    owner, method = targets[place]
    whole, calls = getattr(owner, method), []

    def broken(*arguments, **named):
        calls.append(1)
        if len(calls) % 2:
            if place in ("after submit", "study ask"):
                whole(*arguments, **named)
            raise error or Killed
        return whole(*arguments, **named)

    monkeypatch.setattr(owner, method, broken)


def test_a_trial_whose_values_were_being_chosen_is_completed(store, monkeypatch):
    from engine.sweeps import study

    name = begun(store)
    whole = study._suggest

    def broken(trial, each):
        if each.field == "batch_size":
            raise Killed
        return whole(trial, each)

    monkeypatch.setattr(study, "_suggest", broken)
    with pytest.raises(Killed):
        Driver(Launcher(store), name).advance()
    monkeypatch.undo()
    to_the_end(Launcher(store), name)
    assert len(settings(store, name)) == 6
    assert all(set(one) == {"learning_rate", "batch_size"} for one in settings(store, name))


def test_two_trials_at_once_where_two_runs_may_train(store):
    launcher = Launcher(store, at_once=False)
    name = begun(store, texts={"learning_rate": "0.1,0.2,0.3"}, sampler="grid", trials=None)
    driver = Driver(launcher, name, at_once=2)
    driver.advance()
    assert len(launcher.submitted) == 2
    launcher.finish(launcher.submitted[1])
    driver.advance()
    assert words(store, name) == ["waiting", "finished", "waiting"]


def test_runs_under_way_are_taken_up_by_the_next_driver(store):
    launcher = Launcher(store, at_once=False)
    name = begun(store)
    Driver(launcher, name).advance()
    later = Launcher(store)
    driver = Driver(later, name)
    assert later.taken_up == launcher.submitted
    driver.advance()
    assert not later.submitted
    launcher.finish(launcher.submitted[0])
    driver.advance()
    assert words(store, name)[0] == "finished"


def test_a_run_whose_processes_die_goes_on_once(store):
    launcher = Launcher(store, at_once=False)
    name = begun(store, trials=1)
    driver = Driver(launcher, name)
    driver.advance()
    (run,) = launcher.submitted
    launcher.lose(run)
    assert not driver.advance()
    assert launcher.resumed == [run]
    launcher.lose(run)
    Driver(launcher, name).advance()  # another driver knows that too
    assert launcher.resumed == [run]
    assert words(store, name) == ["failed"]
