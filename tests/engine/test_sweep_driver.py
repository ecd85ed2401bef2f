"""Carrying out a sweep with told runs: every trial once, pruning, repeats and the answer."""

import pytest

from engine import control
from engine.config import FRAMEWORKS
from engine.runs import Store
from engine.store import trash
from engine.sweeps.driver import Driver
from engine.sweeps.results import results
from tests import stories
from tests.sweep_stories import TEXTS, Launcher, begun, bowl, finished, settings, to_the_end, words


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


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
