"""The tf.data of the page Data pipelines: what it delivers, what its clocks say, and where tensors end up."""

import json
import os
import subprocess
import sys

import pytest

from engine.pipelines import clocks_tensorflow, light_tensorflow, python_tensorflow, threads_tensorflow
from engine.pipelines.checksum import checksum
from engine.pipelines.transforms import FUNCTIONS, digits
from tests.pipeline_stories import by_hand

PIXELS, TARGETS = (part[:100] for part in digits())


def delivered(twin, transform: str, workers: int) -> str:
    batches = twin.pipeline(PIXELS, TARGETS, FUNCTIONS[transform], 32, workers, 2)
    return checksum((inputs.numpy(), targets.numpy()) for inputs, targets in batches).ordered


@pytest.mark.parametrize("workers", [0, 2, -1])
def test_it_delivers_what_a_data_loader_delivers_in_the_same_order(workers):
    assert delivered(python_tensorflow, "python", workers) == by_hand("python", PIXELS, TARGETS)
    assert delivered(light_tensorflow, "light", workers) == by_hand("light", PIXELS, TARGETS)


@pytest.mark.parametrize("transform", ["python", "light"])
def test_the_clocks_are_within_the_time_of_the_epoch(transform):
    twin = python_tensorflow if transform == "python" else light_tensorflow
    parts = clocks_tensorflow.parts(twin.pipeline, PIXELS, TARGETS, FUNCTIONS[transform], 32, 0, 2, 0.0)
    assert parts["transform"] > 0
    assert parts["hand_over"] > 0
    assert parts["waiting"] + parts["hand_over"] <= parts["wall"]
    assert (parts["processor"] > 0) == (transform == "python")


def test_tensors_end_up_where_each_way_puts_them(tmp_path):
    command = [sys.executable, "-m", "engine.pipelines.place", "tensorflow", str(tmp_path)]
    subprocess.run(command, env=os.environ | {"CUDA_VISIBLE_DEVICES": ""}, check=True, capture_output=True)
    ways = json.loads((tmp_path / "tensorflow.json").read_text())["ways"]
    ended = {way: {tensor: device[-5:] for tensor, device in told["devices"].items()} for way, told in ways.items()}
    assert ended["moved"] == {"tensor": "CPU:0", "copy": "CPU:1", "weight": "CPU:0"}
    assert set(ended["within"].values()) == {"CPU:1"}
    assert ended["outside"] == {"tensor": "CPU:1", "weight": "CPU:1", "output": "CPU:0"}
    assert ended["missing"] == {"tensor": "CPU:0"}
    assert "Could not satisfy device specification" in ways["strict"]["raised"]


def test_a_step_of_the_small_network_learns():
    step = threads_tensorflow.network_step(8, 4, 16, 2, 3)
    first = float(step())
    assert float([step() for _ in range(50)][-1]) < first
    assert threads_tensorflow.matrix_product(4)().shape == (4, 4)
