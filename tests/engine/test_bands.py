"""The figures of experiments: what is drawn of which runs."""

import numpy as np
import pytest

from engine.charts.bands import bands, effect_dots
from engine.experiments.outcomes import Outcome
from engine.fairness.intervals import effect, half_widths


def run(shift, length=4):
    epochs = np.arange(1.0, length + 1)
    curves = {side: {"validation_accuracy": (epochs, 0.5 + shift + epochs / 100)} for side in ("torch", "tensorflow")}
    return Outcome({}, curves)


def test_a_band_is_the_interval_of_the_mean():
    figure = bands([run(0.0), run(0.1), run(0.2)], "validation_accuracy")
    named = [trace for trace in figure.data if trace.name]
    assert [trace.name for trace in named] == [
        f"{name}, mean of 3 ± 95 % interval" for name in ("PyTorch", "TensorFlow")
    ]
    assert [trace.line.dash for trace in named] == ["solid", "dash"]
    assert named[0].y == pytest.approx([61, 62, 63, 64])
    filled = [trace for trace in figure.data if trace.fill]
    half = half_widths(np.array([[0.0], [10.0], [20.0]]))[0]
    assert filled[0].y[:4] == pytest.approx(np.array([61, 62, 63, 64]) + half)
    assert len(figure.data) == 2 * (3 + 1 + 1)


def test_one_run_has_no_band_and_short_runs_shorten_it():
    assert not [trace for trace in bands([run(0.0)], "validation_accuracy").data if trace.fill]
    figure = bands([run(0.0, 4), run(0.1, 2)], "validation_accuracy")
    assert {len(trace.y) for trace in figure.data if trace.name} == {2}


def test_effects_have_a_row_each_also_those_that_are_not_known_yet():
    effects = [effect("a", [0.02, 0.03], [0.01, 0.01], 0.005), effect("b", [0.02], [0.01], 0.005)]
    figure = effect_dots(effects, ["First", "Second"], "validation_accuracy")
    assert figure.data[0].y == ("First",)
    assert figure.data[0].x == pytest.approx([-1.5])
    assert figure.layout.yaxis.categoryarray == ("Second", "First")
