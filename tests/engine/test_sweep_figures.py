"""Figures and words of a sweep, from told trials."""

import math

import numpy as np
import pytest

from engine.charts import sweep_figures, sweep_words
from engine.charts.colours import COLOURS
from engine.config import FRAMEWORKS
from engine.runs import Store
from engine.sweeps.ranges import Range
from engine.sweeps.results import results
from engine.sweeps.study import importances
from tests.sweep_stories import TEXTS, bowl, finished


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


def sweep(store, losses=bowl, **more):
    return results(store, finished(store, losses, **more))


def test_a_point_per_trial_and_side_and_the_best_is_larger(store):
    found = sweep(store, trials=8)
    figure = sweep_figures.against(found, "learning_rate")
    assert [trace.name for trace in figure.data] == ["PyTorch", "TensorFlow"]
    for side, trace in zip(("torch", "tensorflow"), figure.data, strict=True):
        assert list(trace.x) == [trial.setting["learning_rate"] for trial in found.trials]
        assert list(trace.y) == [trial.values[side] for trial in found.trials]
        assert int(np.argmax(trace.marker.size)) == found.ranked(side)[0].number
    assert figure.layout.xaxis.type == "log"
    assert [trace.marker.color for trace in figure.data] == list(COLOURS["light"])


def test_words_are_an_axis_of_categories(store):
    found = sweep(store, texts={"optimizer": "sgd,adam", "weight_decay": "none,0.1"}, sampler="grid", trials=None)
    figure = sweep_figures.against(found, "optimizer")
    assert figure.layout.xaxis.type == "category"
    assert set(figure.data[0].x) == {"sgd", "adam"}
    assert set(sweep_figures.against(found, "weight_decay").data[0].x) == {"none", "0.1"}


def test_parallel_lines_go_through_every_axis_and_the_better_is_higher(store):
    found = sweep(store, losses=lambda config: (config.learning_rate, 2 * config.learning_rate), trials=7)
    figure = sweep_figures.parallel(found)
    lines = {trace.name: trace for trace in figure.data}
    assert set(lines) == {"Best third", "Middle third", "Last third", "Best of PyTorch", "Best of TensorFlow"}
    assert sum(list(lines[name].x).count(None) for name in sweep_figures.PARTS) == 7
    best, last = lines["Best of PyTorch"], lines["Last third"]
    assert list(best.x[:4]) == [0, 1, 2, 3]
    assert best.y[2] == 1.0
    assert min(y for x, y in zip(last.x, last.y, strict=True) if x == 3) == 0.0
    assert (best.line.dash, lines["Best of TensorFlow"].line.dash) == ("solid", "dash")


def test_a_trial_that_diverged_ends_at_the_last_field(store):
    found = sweep(store, losses=lambda config: (None, 0.5) if config.batch_size == 16 else (0.4, 0.5), trials=6)
    lines = {trace.name: trace for trace in sweep_figures.parallel(found).data}
    assert 3 not in lines["Ended early or diverged"].x
    assert 1 in lines["Ended early or diverged"].x


def test_a_cell_has_the_best_of_its_trials(store):
    found = sweep(store, texts={**TEXTS, "epochs": "2,3"}, trials=12, sampler="random")
    (cells,) = sweep_figures.heatmap(found, "torch", "batch_size", "epochs").data
    for row, epochs in enumerate((2, 3)):
        for column, size in enumerate((16, 32)):
            here = [
                trial.values["torch"] for trial in found.trials
                if (trial.setting["epochs"], trial.setting["batch_size"]) == (epochs, size)
            ]  # fmt: skip
            told = cells.z[row][column]
            assert (np.isnan(told) and not here) or math.isclose(told, min(here)) or math.isclose(10**told, min(here))
    both = [sweep_figures.heatmap(found, side, "batch_size", "learning_rate").data[0] for side in FRAMEWORKS]
    assert both[0].zmin == both[1].zmin
    assert np.shape(both[0].z) == (sweep_figures.BINS, 2)
    assert np.isfinite(both[0].z).sum() <= 12


def test_importance_finds_what_matters(store):
    def losses(config):
        return (math.log10(config.learning_rate) ** 2,) * 2

    found = sweep(store, losses, trials=20, sampler="random")
    shares = found.importances()
    assert all(own["learning_rate"] > 0.8 for own in shares.values())
    figure = sweep_figures.importance(shares)
    assert list(figure.data[0].y) == ["Learning rate", "Batch size"]
    assert sweep(store, trials=5).importances() == {}


def test_a_sweep_without_a_finished_trial_has_empty_figures(store):
    found = sweep(store, losses=lambda config: (None, None), trials=3)
    assert list(sweep_figures.against(found, "learning_rate").data[0].y) == []
    assert sweep_figures.parallel(found).data[0].name == "Ended early or diverged"
    assert np.isnan(sweep_figures.heatmap(found, "torch", "learning_rate", "batch_size").data[0].z).all()


GRID = {"texts": {"learning_rate": "0.005,0.01,0.02", "batch_size": "16,32"}, "sampler": "grid", "trials": None}


def test_what_varies_and_what_it_answers_in_words(store):
    found = sweep(store, **GRID)
    asked = "Does the best learning rate or batch size differ between the frameworks?"
    assert sweep_words.question(found.plan) == asked
    varied = "6 trials over learning rate 0.005, 0.01 or 0.02; batch size 16 or 32. Grid."
    assert sweep_words.plan_words(found.plan) == varied
    assert "own defaults" in sweep_words.objective(found.plan)
    assert sweep_words.label("execution.tensorflow") == "Execution of TensorFlow"


def test_each_field_has_its_own_verdict(store):
    def losses(config):
        noise = (config.seed * 31 + config.batch_size + round(config.learning_rate * 1e4)) % 7 / 1e4
        large = 0.3 if config.batch_size == 32 else 0.0
        return abs(config.learning_rate - 0.005) + large + noise, abs(config.learning_rate - 0.02) + large + noise * 1.3

    found = sweep(store, losses, **{**GRID, "texts": {"learning_rate": "0.005,0.02", "batch_size": "16,32"}}, seeds=5)
    told = sweep_words.verdicts(found, found.answer())
    assert told["learning_rate"] == "Yes: PyTorch's is 0.005, TensorFlow's 0.02."
    assert told["batch_size"] == "No: it is 16 for both."
    assert "4 settings" in sweep_words.explained(found, found.answer())


def test_a_value_that_all_repeats_share_says_nothing(store):
    def losses(config):
        return bowl(config) if config.batch_size == 16 else (9.0, 9.0)

    found = sweep(store, losses, **GRID, seeds=3)
    told = sweep_words.verdicts(found, found.answer())
    assert told["batch_size"] == "Cannot tell: it is 16 in every setting that was repeated."


RANGES = (Range(field="optimizer", values=("sgd", "adam")), Range(field="batch_size", values=(16, 32)))
SETTINGS = [{"optimizer": name, "batch_size": size} for name in ("sgd", "adam") for size in (16, 32) for _ in range(8)]


def test_what_fields_do_only_together_is_told_of_none_of_them():
    noise = np.random.default_rng(0).normal(0, 0.01, len(SETTINGS))
    together = [float((one["optimizer"] == "sgd") == (one["batch_size"] == 16)) for one in SETTINGS]
    assert sum(importances(RANGES, SETTINGS, together + noise).values()) < 0.5


def test_one_loss_that_exploded_does_not_decide_what_matters():
    noise = np.random.default_rng(0).normal(0, 0.01, len(SETTINGS))
    losses = [float(one["optimizer"] == "sgd") for one in SETTINGS] + noise
    calm = importances(RANGES, SETTINGS, losses)
    losses[-1] = 1e9
    exploded = importances(RANGES, SETTINGS, losses)
    assert calm["optimizer"] > 0.8 > 0.5 > calm["batch_size"]
    assert exploded["optimizer"] > exploded["batch_size"]
