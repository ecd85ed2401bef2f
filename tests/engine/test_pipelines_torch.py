"""The DataLoaders of the page Data pipelines: what they deliver, what their clocks say, and where tensors end up."""

import pytest

from engine.pipelines import clocks_torch, light_torch, placement_torch, python_torch, threads_torch
from engine.pipelines.checksum import checksum
from engine.pipelines.transforms import FUNCTIONS, digits
from tests.pipeline_stories import by_hand

PIXELS, TARGETS = (part[:100] for part in digits())


def delivered(twin, transform: str, workers: int) -> str:
    loader = twin.pipeline(PIXELS, TARGETS, FUNCTIONS[transform], 32, workers, 2)
    return checksum((inputs.numpy(), targets.numpy()) for inputs, targets in loader).ordered


@pytest.mark.parametrize("workers", [0, 2])
def test_it_delivers_what_tf_data_delivers_in_the_same_order(workers):
    assert delivered(python_torch, "python", workers) == by_hand("python", PIXELS, TARGETS)
    assert delivered(light_torch, "light", workers) == by_hand("light", PIXELS, TARGETS)


def test_the_clocks_of_a_loader_without_workers_wait_for_nothing():
    parts = clocks_torch.parts(python_torch.pipeline, PIXELS, TARGETS, FUNCTIONS["python"], 32, 0, 2, 0.0)
    assert parts["waiting"] == parts["hand_over"] == 0
    assert 0 < parts["transform"] + parts["batching"] < parts["wall"]


def test_the_clocks_of_workers_come_with_their_batches():
    parts = clocks_torch.parts(python_torch.pipeline, PIXELS, TARGETS, FUNCTIONS["python"], 32, 1, 2, 0.0)
    assert min(parts["transform"], parts["batching"], parts["hand_over"]) > 0
    assert parts["waiting"] + parts["hand_over"] <= parts["wall"]


def test_tensors_end_up_where_each_way_puts_them():
    assert set(placement_torch.automatic().values()) == {"cpu"}
    assert placement_torch.moved() == {"tensor": "cpu", "copy": "meta", "weight": "meta"}
    assert set(placement_torch.within().values()) == set(placement_torch.outside().values()) == {"meta"}
    assert placement_torch.strict() == {"tensor": "cpu"}
    with pytest.raises(placement_torch.RAISED):
        placement_torch.missing()


def test_a_step_of_the_small_network_learns():
    step = threads_torch.network_step(8, 4, 16, 2, 3)
    first = float(step())
    assert float([step() for _ in range(50)][-1]) < first
    assert threads_torch.matrix_product(4)().shape == (4, 4)
