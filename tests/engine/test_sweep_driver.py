"""Carrying out a sweep with told runs: every trial once, pruning, repeats, pause, stop, and drivers that are killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine import control
from engine.config import FRAMEWORKS
from engine.runs import Store, StoreError
from engine.store import trash
from engine.sweeps import queued, sweep_store
from engine.sweeps.driver import Driver
from engine.sweeps.queued import Sweeps
from engine.sweeps.results import results
from tests import stories
from tests.engine.real_runs import until
from tests.sweep_stories import PAUSE, TEXTS, Launcher, bowl, finished, plan, to_the_end

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


def begun(store, **more):
    store.root.mkdir(exist_ok=True)
    return sweep_store.create(store, plan(**more))


def settings(store, name):
    return [dict(trial.setting) for trial in results(store, name).trials]


def words(store, name):
    return [trial.word for trial in results(store, name).trials]


class Killed(BaseException):
    """As kill -9 ends a driver: nothing after it happens."""


# The search


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_every_trial_trains_both_sides_once(store, sampler):
    launcher = Launcher(store)
    name = begun(store, sampler=sampler, trials=12)
    to_the_end(launcher, name)
    found = results(store, name)
    assert (found.word, found.over, len(launcher.submitted)) == ("finished", 12, 12)
    assert [trial.run for trial in found.trials] == launcher.submitted
    for trial in found.trials:
        config = store.config(trial.run)
        assert (config.learning_rate, config.batch_size) == tuple(trial.setting.values())
        assert tuple(trial.values.values()) == pytest.approx(bowl(config))
    best = [found.ranked(side)[0].setting["learning_rate"] for side in FRAMEWORKS]
    assert best[0] == min(settings(store, name), key=lambda one: abs(one["learning_rate"] - 0.01))["learning_rate"]
    assert best[1] == min(settings(store, name), key=lambda one: abs(one["learning_rate"] - 0.02))["learning_rate"]


def test_tpe_looks_where_the_mean_of_both_sides_is_good(store):
    found = {}
    for sampler in ("random", "tpe"):
        name = finished(store, texts={"learning_rate": "lin:0.0001:1"}, sampler=sampler, trials=40)
        found[sampler] = [trial.mean for trial in results(store, name).trials[10:]]
    assert sum(found["tpe"]) < 0.5 * sum(found["random"])


def test_a_grid_has_each_point_once(store):
    name = finished(store, texts={**TEXTS, "learning_rate": "log:1e-4:1e-1:4"}, sampler="grid", trials=None)
    assert len({tuple(one.values()) for one in settings(store, name)}) == len(settings(store, name)) == 8


def test_a_setting_that_comes_again_is_not_trained_again(store):
    launcher = Launcher(store)
    name = begun(store, texts={"batch_size": "16,32"}, sampler="random", trials=8)
    to_the_end(launcher, name)
    assert words(store, name) == ["finished"] * 8
    assert len(launcher.submitted) == 2
    assert len(results(store, name).ranked("torch")) == 2


def test_one_side_that_diverges_spoils_the_trial_and_not_the_other_sides_value(store):
    name = finished(store, losses=lambda config: (None, 0.5), trials=2)
    found = results(store, name)
    assert words(store, name) == ["diverged"] * 2
    assert found.trials[0].reason == "PyTorch diverged."
    assert found.trials[0].values == {"torch": None, "tensorflow": 0.5}
    assert found.trials[0].mean is None
    assert len(found.ranked("tensorflow")) == 2


def test_a_run_that_a_person_stops_or_deletes_fails_its_trial_alone(store):
    launcher = Launcher(store, at_once=False)
    name = begun(store, trials=3)
    driver = Driver(launcher, name)
    driver.advance()
    launcher.stop(launcher.submitted[0])
    driver.advance()
    driver.advance()
    trash.delete(store, launcher.submitted[1], 0.0)
    driver.advance()
    driver.advance()
    launcher.finish(launcher.submitted[2])
    assert [driver.advance() for _ in range(3)][-1]
    assert words(store, name) == ["failed", "failed", "finished"]
    reasons = [trial.reason for trial in results(store, name).trials]
    assert reasons[0].startswith("PyTorch stopped: ")
    assert "There is no run" in reasons[1] or "is gone" in reasons[1]


def test_a_combination_that_cannot_be_trained_fails_its_trial_alone(store):
    texts = {"learning_rate": "lin:0.1:1:501", "optimizer": "momentum,adam", "momentum": "none,0.9"}
    name = begun(store, texts=texts, sampler="random", trials=12)  # too many to try each before it starts
    to_the_end(Launcher(store), name)
    trials = results(store, name).trials
    wrong = [one for one in trials if one.setting["optimizer"] == "adam" and one.setting["momentum"]]
    assert wrong
    assert all(one.word == "failed" and "momentum: 0.9 was given" in one.reason and not one.run for one in wrong)
    assert words(store, name).count("finished") == 12 - len(wrong)


# Pruning


def poor(config):
    return (1.0, 1.0) if config.learning_rate < 0.001 else (0.1, 0.1)


def test_a_trial_whose_better_side_lags_behind_ends_early(store):
    """The epochs are told one by one; the sixth trial is the first that may be judged."""
    launcher = Launcher(store, at_once=False)
    name = begun(store, trials=6, prune=True, texts={"learning_rate": "0.1,0.2,0.3,0.4,0.5,0.6"}, sampler="grid")
    driver = Driver(launcher, name)
    for number in range(6):
        driver.advance()
        run = launcher.submitted[number]
        for side in FRAMEWORKS:
            stories.launch(store, run, side)
            loss = 9.0 if number == 5 else 1.0
            told = [*stories.finished_side(side)[:4][:3], stories.epoch(1, loss, 0.5), stories.epoch(2, loss, 0.5)]
            stories.tell(store, run, side, told)
        driver.advance()
        if number < 5:
            assert not control.read(store.folder(run)).stop
            for side in FRAMEWORKS:
                stories.tell(store, run, side, [stories.finished_side(side)[-1]])
    assert control.read(store.folder(launcher.submitted[5])).stop
    assert driver.advance()
    assert words(store, name) == ["finished"] * 5 + ["cut"]
    assert results(store, name).trials[5].reason == "Ended early, after epoch 2."


def test_the_better_side_saves_a_trial(store):
    launcher = Launcher(store, at_once=False)
    name = begun(store, trials=6, prune=True, texts={"learning_rate": "0.1,0.2,0.3,0.4,0.5,0.6"}, sampler="grid")
    driver = Driver(launcher, name)
    for number in range(6):
        driver.advance()
        run = launcher.submitted[number]
        for side in FRAMEWORKS:
            stories.launch(store, run, side)
            loss = 9.0 if number == 5 and side == "torch" else 1.0
            told = [*stories.finished_side(side)[:3], stories.epoch(1, loss, 0.5), stories.epoch(2, loss, 0.5)]
            stories.tell(store, run, side, told)
        driver.advance()
        assert not control.read(store.folder(run)).stop
        for side in FRAMEWORKS:
            stories.tell(store, run, side, [stories.finished_side(side)[-1]])
    assert driver.advance()
    assert words(store, name) == ["finished"] * 6


# Repeats, and the answer


def test_the_best_of_each_side_are_repeated_with_seeds_that_the_search_had_not_seen(store):
    launcher = Launcher(store)
    name = begun(store, texts={"learning_rate": "0.005,0.01,0.02,0.04,0.3,0.5"}, sampler="grid", trials=None, seeds=4)
    to_the_end(launcher, name)
    found = results(store, name)
    rates = {found.trials[number].setting["learning_rate"] for number in found.candidates}
    assert rates == {0.005, 0.01, 0.02}  # the best three of PyTorch; of TensorFlow they are the same three
    assert {seed for _, seed in found.repeats} == {1, 2, 3, 4}
    assert len(launcher.submitted) == 6 + 3 * 4
    told = found.answer()
    assert (told.word, told.n) == ("differs", 4)


def test_without_seeds_nothing_is_repeated_and_nothing_claimed(store):
    found = results(store, finished(store))
    assert (found.word, found.candidates, found.answer()) == ("finished", (), None)


def test_a_candidate_whose_repeats_diverge_is_left_out(store):
    def losses(config):
        return (None, 0.1) if config.seed and config.learning_rate == 0.01 else bowl(config)

    name = finished(store, losses, texts={"learning_rate": "0.005,0.01,0.02"}, sampler="grid", trials=None, seeds=3)
    found = results(store, name)
    chosen, seeds = found.complete()
    assert len(found.candidates) == 3
    assert {found.trials[number].setting["learning_rate"] for number in chosen} == {0.005, 0.02}
    assert seeds == [1, 2, 3]


# Pause, stop, and what is killed


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


# All sweeps of a store


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
