"""The TensorBoard files of a side, read back with TensorBoard's own reader."""

import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from engine import events
from engine.board import Board
from engine.config import RunConfig
from engine.events import Event

# After engine.board: it keeps TensorBoard from importing TensorFlow.
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # isort: skip
from tensorboard.plugins.hparams import metadata as hparams  # isort: skip
from tensorboard.plugins.hparams.api_pb2 import STATUS_FAILURE, STATUS_SUCCESS  # isort: skip
from tensorboard.util.tensor_util import make_ndarray  # isort: skip

CONFIG = RunConfig.build({"network": "simple_net", "dataset": "teacher", "learning_rate": 0.25, "optimizer": "adam"})
ROOT = Path(__file__).parents[2]
NETWORK = "SimpleNet(\n  (hidden): Linear(6, 3)\n)"


def write(folder: Path, *said: Event, total_steps: int = 100) -> None:
    board = Board(folder, CONFIG, total_steps, NETWORK)
    for event in said:
        board.write(event)
    board.close()


def read(folder: Path) -> EventAccumulator:
    keep_all = {"scalars": 0, "tensors": 0, "histograms": 0}
    return EventAccumulator(str(folder), size_guidance=keep_all).Reload()


def points(folder: Path, tag: str) -> list[tuple[int, float]]:
    return [(scalar.step, scalar.value) for scalar in read(folder).Scalars(tag)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "torch"


@pytest.fixture(params=["torch", "tensorflow"])
def side(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


def chunks(total: int, size: int) -> list[events.Steps]:
    return [
        events.Steps(first, tuple(float(step) for step in range(first, min(first + size, total))), 0.05)
        for first in range(0, total, size)
    ]


@pytest.mark.parametrize(("total", "size"), [(1, 1), (999, 7), (1_000, 64), (12_345, 100), (50_000, 640)])
def test_losses_are_at_most_about_a_thousand_points_and_end_with_the_last(folder: Path, total: int, size: int) -> None:
    write(folder, *chunks(total, size), events.Finished(total, "completed", 1.0), total_steps=total)
    losses = points(folder, "loss/train")
    assert min(total, 490) <= len(losses) <= 1_001
    assert losses[0] == (1, 0.0)
    assert losses[-1] == (total, total - 1)
    assert all(value == step - 1 for step, value in losses)
    assert len({step for step, _ in losses}) == len(losses)


def test_the_other_curves_are_thinned_out_too_and_end_with_the_last(folder: Path) -> None:
    said: list[Event] = []
    for step in range(10, 100_001, 10):
        said += [
            events.Epoch(step // 10, step, {"validation_loss": float(step)}),
            events.Gradient(step, float(step)),
            events.Resources(step, step, 2 * step),
        ]
    write(folder, *said, total_steps=100_005)
    for tag in ("loss/validation", "gradient/norm", "memory/resident_bytes"):
        found = points(folder, tag)
        assert 900 < len(found) <= 1_001
        assert (found[0], found[-1]) == ((10, 10), (100_000, 100_000))


def test_metrics_are_grouped_by_name_and_the_same_in_both_frameworks(side: Path) -> None:
    metrics = {"validation_loss": 0.5, "validation_accuracy": 0.75, "validation_mae": 0.1, "validation_r2": 0.9}
    write(
        side,
        events.Steps(0, (1.0, 0.5), 0.1),
        events.Gradient(2, 3.0),
        events.Resources(2, 1_000, 2_000, device_memory=500),
        events.Epoch(1, 2, metrics),
        events.Checkpoint(2, "checkpoint.npz"),
    )
    expected = {
        "loss/train": (2, 0.5),
        "loss/validation": (2, 0.5),
        "accuracy/validation": (2, 0.75),
        "mae/validation": (2, pytest.approx(0.1)),
        "r2/validation": (2, pytest.approx(0.9)),
        "gradient/norm": (2, 3.0),
        "speed/steps_per_second": (2, 20.0),
        "memory/resident_bytes": (2, 1_000),
        "memory/device_bytes": (2, 500),
    }
    assert {tag: points(side, tag)[-1] for tag in read(side).Tags()["scalars"]} == expected


def test_speed_is_the_mean_since_the_last_point(folder: Path) -> None:
    slow, fast = events.Steps(0, (1.0,) * 10, 1.0), [events.Steps(first, (1.0,) * 10, 0.1) for first in (10, 20, 30)]
    write(folder, slow, *fast, total_steps=20_000)
    assert points(folder, "speed/steps_per_second") == [
        (10, 10.0),
        (20, 100.0),
        (40, 100.0),
    ]


def test_a_loss_that_is_not_finite_is_shown_as_such(folder: Path) -> None:
    write(folder, events.Steps(0, (1.0, None), 0.1), events.Diverged(1, 1.0))
    (step, value) = points(folder, "loss/train")[-1]
    assert step == 2
    assert math.isnan(value)


def test_points_carry_the_time_they_were_made(folder: Path) -> None:
    write(folder, events.Steps(0, (1.0,) * 11, 10.0))
    moments = [scalar.wall_time for scalar in read(folder).Scalars("loss/train")]
    assert moments == sorted(moments)
    assert moments[-1] - moments[0] == pytest.approx(10 * 10 / 11, abs=0.1)


def test_a_histogram_has_a_row_for_each_bin(folder: Path) -> None:
    tensors = {"weights/hidden.weight": (-1.0, 1.0, (1, 2, 3, 4)), "gradients/hidden.weight": (0.0, 0.0, ())}
    write(folder, events.Histograms(45, tensors))
    found = read(folder)
    (written,) = found.Tensors("weights/hidden.weight")
    assert written.step == 45
    rows = [[-1.0, -0.5, 1.0], [-0.5, 0.0, 2.0], [0.0, 0.5, 3.0], [0.5, 1.0, 4.0]]
    assert make_ndarray(written.tensor_proto).tolist() == rows
    assert list(found.PluginTagToContent("histograms")) == ["weights/hidden.weight"]


def test_the_network_is_a_text(folder: Path) -> None:
    write(folder)
    found = read(folder)
    assert list(found.PluginTagToContent("text")) == ["network"]
    text = make_ndarray(found.Tensors("network")[0].tensor_proto).item().decode()
    assert text == "    SimpleNet(\n      (hidden): Linear(6, 3)\n    )"


def test_the_hyperparameters_name_the_framework_and_its_own_device_and_execution(side: Path) -> None:
    write(side)
    content = read(side).PluginTagToContent("hparams")[hparams.SESSION_START_INFO_TAG]
    found = hparams.parse_session_start_info_plugin_data(content).hparams
    assert found["framework"].string_value == side.name
    assert found["execution"].string_value == {"torch": "eager", "tensorflow": "graph"}[side.name]
    assert found["device"].string_value == "cpu"
    assert found["learning_rate"].number_value == 0.25
    assert found["histograms"].bool_value is True
    assert {f"dataset_options.{name}" for name in CONFIG.dataset_options} <= set(found)
    assert "momentum" not in found


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (events.Finished(1, "completed", 1.0), STATUS_SUCCESS),
        (events.Stopped(1, 1.0), STATUS_SUCCESS),
        (events.Diverged(1, 1.0), STATUS_FAILURE),
        (events.Failed("It broke.", 1.0), STATUS_FAILURE),
    ],
)
def test_the_last_word_ends_the_session(folder: Path, last: Event, status: int) -> None:
    write(folder, last)
    content = read(folder).PluginTagToContent("hparams")[hparams.SESSION_END_INFO_TAG]
    assert hparams.parse_session_end_info_plugin_data(content).status == status


def test_a_resumed_side_supersedes_what_lies_behind_its_checkpoint(folder: Path) -> None:
    write(
        folder,
        events.Steps(0, (1.0,) * 40, 0.1),
        events.Epoch(1, 20, {"validation_loss": 1.0}),
        events.Epoch(2, 40, {"validation_loss": 1.0}),
    )
    resumed = [events.Resumed(20, 1.0), events.Steps(20, (2.0,) * 10, 0.1)]
    write(folder, *resumed)
    assert points(folder, "loss/train") == [(step, 1.0 if step <= 20 else 2.0) for step in range(1, 31)]
    assert points(folder, "loss/validation") == [(20, 1.0)]


def test_a_pause_shows_the_latest_step(folder: Path) -> None:
    board = Board(folder, CONFIG, 50_000, NETWORK)
    for event in (events.Steps(0, (1.0,) * 7, 0.1), events.Paused(7, 1.0), events.Steps(7, (2.0,), 0.1)):
        board.write(event)
    board.write(events.Paused(8, 1.0))
    board.close()
    assert points(folder, "loss/train") == [(1, 1.0), (7, 1.0), (8, 2.0)]


def test_writing_loads_no_framework(folder: Path) -> None:
    program = f"""
import sys
from importlib.util import find_spec
from pathlib import Path
from engine.board import Board
from engine.config import RunConfig
from engine.events import Steps
board = Board(Path({str(folder)!r}), RunConfig.build({{}}), 1, "a network")
board.write(Steps(0, (1.0,), 0.1))
board.close()
print(sorted({{"tensorflow", "torch", "keras"}} & sys.modules.keys()))
"""
    assert find_spec("tensorflow"), "without TensorFlow this would say nothing"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout == "[]\n"
    assert points(folder, "loss/train") == [(1, 1.0)]
