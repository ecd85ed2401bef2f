"""The tf.data of the page Data pipelines: what it delivers, what its clocks say, and where tensors end up."""

import pytest

from engine.pipelines import clocks_tensorflow, light_tensorflow, python_tensorflow, threads_tensorflow
from engine.pipelines.checksum import checksum
from engine.pipelines.transforms import FUNCTIONS, digits
from tests.pipeline_stories import LIGHT, PYTHON

PIXELS, TARGETS = (part[:100] for part in digits())


def delivered(twin, transform: str, workers: int) -> str:
    batches = twin.pipeline(PIXELS, TARGETS, FUNCTIONS[transform], 32, workers, 2)
    return checksum((inputs.numpy(), targets.numpy()) for inputs, targets in batches).ordered


@pytest.mark.parametrize("workers", [0, 2, -1])
def test_it_delivers_what_a_data_loader_delivers_in_the_same_order(workers):
    assert delivered(python_tensorflow, "python", workers) == PYTHON
    assert delivered(light_tensorflow, "light", workers) == LIGHT


@pytest.mark.parametrize("transform", ["python", "light"])
def test_the_clocks_are_within_the_time_of_the_epoch(transform):
    twin = python_tensorflow if transform == "python" else light_tensorflow
    parts = clocks_tensorflow.parts(twin.pipeline, PIXELS, TARGETS, FUNCTIONS[transform], 32, 0, 2, 0.0)
    assert parts["transform"] > 0
    assert parts["hand_over"] > 0
    assert parts["waiting"] + parts["hand_over"] <= parts["wall"]
    assert (parts["processor"] > 0) == (transform == "python")


def test_a_step_of_the_small_network_learns():
    step = threads_tensorflow.network_step(8, 4, 16, 2, 3)
    first = float(step())
    assert float([step() for _ in range(50)][-1]) < first
    assert threads_tensorflow.matrix_product(4)().shape == (4, 4)
