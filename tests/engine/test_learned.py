"""The figures of what was learned, from arrays made by hand."""

import numpy as np
import pytest

from engine.charts import learned
from engine.events import Histograms

COLOURS = {"torch": "#d55e00", "tensorflow": "#0072b2"}
SIDES = tuple(COLOURS)


def views(**arrays):
    return {side: {name: np.array(value) for name, value in arrays.items()} for side in SIDES}


def texts(figure):
    return [note.text for note in figure.layout.annotations]


def test_confusion_matrices_share_one_scale():
    both = views(confusion=[[3, 1], [0, 4]])
    both["tensorflow"]["confusion"] = np.array([[9, 0], [0, 0]])
    figure = learned.confusion_figure(both, ("cat", "dog"))
    assert [heat.zmax for heat in figure.data] == [9, 9]
    assert figure.data[0].z.tolist() == [[3, 1], [0, 4]]
    assert texts(figure) == ["PyTorch", "TensorFlow"]


def test_predictions_say_what_was_wrong():
    both = views(images=np.ones((2, 1, 3, 3)), probabilities=[[0.9, 0.1], [0.2, 0.8]], truth=[0, 0])
    figure = learned.predictions_figure(both, ("cat", "dog"), COLOURS)
    assert texts(figure) == ["cat 90%", "dog 80% ✗"] * 2
    assert [note.font.color for note in figure.layout.annotations[::2]] == list(COLOURS.values())


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_is_painted_as_it_is(channels):
    images = np.zeros((1, channels, 2, 2))
    images[0, 0, 0, 1] = 1
    both = views(images=images, reconstructions=images)
    pixels = np.array(learned.reconstructions_figure(both).data[0].z)
    assert pixels[0, 1].tolist() == ([255, 255, 255, 255] if channels == 1 else [255, 0, 0, 255])
    assert pixels[0, 0].tolist() == [0, 0, 0, 255]
    assert pixels[2, 0, 3] == 0


def test_filters_are_grey_where_a_weight_is_0():
    figure = learned.filters_figure(views(filters=[[[[0.0, 2.0], [-2.0, 1.0]]]]))
    assert np.array(figure.data[0].z)[:2, :2, 0].tolist() == [[128, 255], [0, 191]]


def test_regression_and_sequences_are_drawn():
    figure = learned.regression_figure(views(true=[[1.0], [2.0]], predicted=[[1.5], [np.nan]]), COLOURS)
    assert [trace.name for trace in figure.data] == ["equal", "PyTorch", "TensorFlow"]
    assert figure.data[0].x == (1.0, 2.0)
    both = views(sequences=np.ones((2, 5, 1)), probabilities=[[0.9, 0.1], [0.2, 0.8]], truth=[0, 0])
    titles = texts(learned.sequences_figure(both, ("noise", "sine")))
    assert titles[1] == "noise<br>PyTorch sine 80%<br>TensorFlow sine 80%"


def test_histograms_are_mirrored():
    told = {side: Histograms(9, {"weights/a.weight": (-1.0, 1.0, (1, 3))}) for side in SIDES}
    left, right = learned.histograms_figure(told, ["weights/a.weight"], COLOURS).data
    assert left.x.tolist() == [-0.25, -0.75]
    assert right.x.tolist() == [0.25, 0.75]
    assert left.y.tolist() == right.y.tolist() == [-0.5, 0.5]


def test_a_tensor_without_a_finite_value_leaves_its_place_empty():
    told = {"torch": Histograms(9, {"weights/a.weight": (0.0, 0.0, ())})}
    assert not learned.histograms_figure(told, ["weights/a.weight"], COLOURS).data


def test_histograms_are_those_of_the_last_step_that_is_not_later():
    told = [Histograms(step, {}) for step in (4, 8)]
    assert [learned.at_step(told, step).step for step in (None, 8, 7, 4, 1)] == [8, 8, 4, 4, 4]
