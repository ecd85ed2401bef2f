"""Tables, words and progress of runs told by hand."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import assignments, events
from engine.charts import tables, words
from engine.charts.progress import RunProgress, follow
from engine.config import RunConfig
from engine.fairness.parity import compare
from engine.runs import Store
from tests import stories

SIDES = ("torch", "tensorflow")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def progress_of(store: Store, run: str) -> RunProgress:
    progress = RunProgress(store, run)
    progress.poll()
    return progress


def sentences(progress: RunProgress) -> list[str]:
    compared = tables.parity_of(progress)
    return [told.sentence for told in words.findings(progress.config, progress.sides, progress.statuses, compared)]


# Throughput


def test_throughput_leaves_out_the_first_epoch_where_there_is_another() -> None:
    assert follow(stories.finished_side()).throughput.value == pytest.approx(3 / 0.01)


def test_throughput_of_one_epoch_leaves_out_the_first_event() -> None:
    assert follow(stories.finished_side()[:4]).throughput.value == pytest.approx(2 / 0.1)


def test_throughput_leaves_out_the_first_event_of_a_resumed_process() -> None:
    again = [stories.started(), events.Resumed(6, 200.0), events.Steps(6, (0.1,), 9.0), events.Steps(7, (0.1,), 0.01)]
    assert follow([*stories.finished_side(), *again]).throughput.value == pytest.approx(4 / 0.02)


@pytest.mark.parametrize("told", [[], [stories.started(), events.Steps(0, (1.0,), 0.5)]])
def test_one_step_is_no_throughput(told: list[events.Event]) -> None:
    assert follow(told).throughput.value is None


# Progress


def test_progress_reads_on_where_it_was(store: Store) -> None:
    run = stories.new_run(store, frameworks=["torch"])
    stories.launch(store, run, "torch")
    progress = progress_of(store, run)
    assert progress.statuses["torch"].word == "starting"
    side = progress.sides["torch"]
    for count, event in zip((0, 1, 3, 3, 6), stories.finished_side(), strict=False):
        stories.tell(store, run, "torch", [event])
        progress.poll()
        assert side.steps == count
    assert not progress.ended
    stories.tell(store, run, "torch", stories.finished_side()[5:])
    progress.poll()
    assert progress.ended
    assert side.final() == {"train_loss": 0.5, "validation_loss": 0.25, "validation_accuracy": 0.972}
    assert side.seconds == pytest.approx(1.11)


def test_time_left_counts_no_pause_and_no_first_step() -> None:
    told = [
        stories.started(epochs=4, when=100.0),
        events.Steps(0, (1.0,), 2.0),
        events.Paused(1, 103.0),
        events.Continued(1, 153.0),
        events.Steps(1, (1.0, 1.0, 1.0), 0.5),
    ]
    assert follow(told).seconds_left(now=155.0) == pytest.approx(8 * (3.0 / 3))
    assert follow(told[:2]).seconds_left(now=155.0) is None


def test_ahead_counts_older_runs_that_have_not_ended(store: Store) -> None:
    config = RunConfig.build({"epochs": 2})
    store.root.mkdir()
    older = [f"20200101-00000{number}-mlp-00000{number}" for number in range(3)]
    for name in older:
        (store.root / store.create(config)).rename(store.root / name)
    for side in config.frameworks:
        stories.launch(store, older[0], side)
        stories.tell(store, older[0], side, stories.finished_side(side))
    progress = progress_of(store, stories.new_run(store))
    assert progress.ahead() == 2
    for side in config.frameworks:
        store.append(older[1], events.Cancelled(side, "Stopped before it began.", 1.0))
    assert progress.ahead() == 1


# Words


def test_two_sides_that_agree(store: Store) -> None:
    progress = progress_of(store, stories.finished_run(store, shift=1e-7))
    assert sentences(progress) == [
        "Both reach 97.2 % validation accuracy.",
        "The losses agree to 2e-7 relative over 6 steps.",
    ]


def test_identical_losses_are_called_so(store: Store) -> None:
    assert sentences(progress_of(store, stories.finished_run(store)))[-1] == "The losses are identical over 6 steps."


def test_sides_that_differ_are_not_called_equal(store: Store) -> None:
    run = stories.new_run(store, policy="defaults")
    for side in ("torch", "tensorflow"):
        stories.launch(store, run, side)
        stories.tell(store, run, side, stories.finished_side(side, 0.1 if side == "torch" else 0.0)[:-1])
    stories.tell(store, run, "torch", [stories.epoch(2, 0.3, 0.981), events.Finished(6, "early stopping", 1.0)])
    stories.tell(store, run, "tensorflow", [events.Finished(6, "completed", 1.0)])
    assert sentences(progress_of(store, run)) == [
        "PyTorch reaches 98.1 % validation accuracy, TensorFlow 97.2 %.",
        "PyTorch stopped early, after 6 steps.",
        "The losses differ by up to 0.2 relative over 6 steps, each framework with its own defaults.",
    ]


def test_troubles_are_named_with_their_step(store: Store) -> None:
    run = stories.new_run(store)
    for side in ("torch", "tensorflow"):
        stories.launch(store, run, side)
    told = [stories.started(), events.Steps(0, (1.0, None), 0.1), events.Diverged(1, 1.0)]
    stories.tell(store, run, "torch", told)
    stories.tell(store, run, "tensorflow", [*stories.finished_side("tensorflow")[:3], events.Stopped(3, 1.0)])
    progress = progress_of(store, run)
    assert sentences(progress) == [
        "The losses differ by up to 1 relative over 1 step.",
        "PyTorch diverged. The loss was not finite at step 1. A lower learning rate may help.",
        "TensorFlow was stopped after 3 of 6 steps.",
    ]
    assert tables.result_table(progress).loc["Training loss, last step", "PyTorch"] == "not finite"


def test_one_step_says_so(store: Store) -> None:
    run = stories.new_run(store, network="simple_net", epochs=1)
    for side in ("torch", "tensorflow"):
        stories.launch(store, run, side)
        told = [stories.started(side, validation_examples=0), events.Steps(0, (1.5,), 0.1), events.Finished(1, "", 1.0)]
        stories.tell(store, run, side, told)
    assert sentences(progress_of(store, run)) == [
        "This was one step: one forward pass, one backward pass and one update of the weights.",
        "Both start from a training loss of 1.5.",
        "The losses are identical over 1 step.",
    ]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0354, "35 ms"), (3.21, "3.2 s"), (59.4, "59 s"), (125, "2 min 5 s"), (4800, "1 h 20 min"), (None, "–")],
)
def test_spans(seconds: float | None, shown: str) -> None:
    assert words.span(seconds) == shown


def test_exponents_are_short() -> None:
    assert [words.digits(value, 2) for value in (3.21e-07, 0.5, 1.5e12)] == ["3.2e-7", "0.5", "1.5e12"]


# Tables


def test_the_result_table_marks_a_race_and_subtracts_no_timing(store: Store) -> None:
    table = tables.result_table(progress_of(store, stories.finished_run(store, shift=1e-7)))
    assert list(table.columns) == ["PyTorch", "TensorFlow", "Difference"]
    assert list(table.loc["Validation accuracy"]) == ["97.2 %", "97.2 %", "0.0 points"]
    assert list(table.loc["Steps per second (race)"]) == ["300", "300", ""]
    assert table.loc["Largest relative difference", "Difference"] == "2e-7"


@pytest.mark.parametrize("fields", [{"concurrency": "in_turn"}, {"frameworks": ["torch"]}])
def test_what_was_trained_alone_is_no_race(store: Store, fields: dict[str, object]) -> None:
    table = tables.result_table(progress_of(store, stories.finished_run(store, **fields)))
    assert "Steps per second" in table.index
    assert "race" not in " ".join(table.index)


def test_parity_is_that_of_the_recorded_losses(store: Store) -> None:
    run = stories.finished_run(store, shift=1e-7)
    told = {side: [event for event in store.read(run, side)[0] if isinstance(event, events.Steps)] for side in SIDES}
    curves = [np.array([loss for event in told[side] for loss in event.losses]) for side in SIDES]
    assert tables.parity_of(progress_of(store, run)) == compare(*curves)


def test_the_csv_has_every_step_with_every_digit(store: Store) -> None:
    progress = progress_of(store, stories.finished_run(store, shift=1e-7))
    read = pd.read_csv(io.StringIO(tables.metrics_csv(progress)))
    assert list(read["step"]) == [0, 1, 2, 3, 4, 5]
    assert list(read["epoch"]) == [1, 1, 1, 2, 2, 2]
    assert list(read["tensorflow_train_loss"]) == list(progress.sides["tensorflow"].curves.losses.values)
    accuracy = np.array(read["torch_validation_accuracy"])
    assert list(np.flatnonzero(~np.isnan(accuracy))) == [2, 5]
    assert accuracy[5] == 0.972


def test_the_csv_of_a_run_without_a_step_is_its_header(store: Store) -> None:
    assert tables.metrics_csv(progress_of(store, stories.new_run(store))).startswith("step,epoch")


def test_the_json_holds_config_and_all_events(store: Store) -> None:
    run = stories.finished_run(store)
    told = json.loads(tables.run_json(store, run))
    assert RunConfig.build(told["config"]) == store.config(run)
    assert [event["type"] for event in told["events"]] == ["launched", "launched"]
    assert told["sides"]["torch"][1]["losses"] == [2.0]


# Configs as texts


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"network": "simple_net", "dataset": "teacher", "dataset_options": {"noise": 0.0}, "learning_rate": 1e-7},
        {"frameworks": ["tensorflow"], "device": {"tensorflow": "cuda:1"}, "histograms": False, "momentum": 0.5,
         "optimizer": "momentum", "execution": {"torch": "compile"}, "early_stopping_patience": 3},
    ],
)  # fmt: skip
def test_texts_give_the_config_back(fields: dict[str, object]) -> None:
    config = RunConfig.build(fields)
    assert assignments.build(assignments.changes(config)) == (config, [])
    assert assignments.build(assignments.texts(config)) == (config, [])


def test_only_what_differs_is_said() -> None:
    assert assignments.changes(RunConfig.build({"seed": 3})) == {"network": "mlp", "dataset": "digits", "seed": "3"}


def test_the_command_line_names_each_change() -> None:
    config = RunConfig.build({"seed": 3, "learning_rate": 0.1, "frameworks": ["torch"]})
    assert assignments.command_line(config) == (
        "python -m engine train --network mlp --dataset digits --frameworks torch --set learning_rate=0.1 --seed 3"
    )


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"learning_rate": "-1"}, "learning_rate"),
        ({"learning_rate": "nan"}, "learning_rate"),
        ({"epochs": "9" * 5000}, "epochs"),
        ({"epochs": "[" * 100_000}, "epochs"),
        ({"device": "cpu", "device.torch": "tpu"}, "device.torch"),
        ({"epochs.x": "1"}, "epochs"),
        ({"dataset_options.size": "1"}, "dataset_options.size"),
        ({"frameworks": "jax"}, "frameworks"),
        ({"network": "perceptron"}, "network"),
        ({"dataset": "5"}, "dataset"),
        ({"nothing": "1"}, "nothing"),
    ],
)
def test_a_bad_text_is_one_sentence_and_the_usual_value(texts: dict[str, str], field: str) -> None:
    config, told = assignments.build(texts | {"seed": "5"})
    assert config == RunConfig.build({"seed": 5})
    assert len(told) == 1
    assert told[0].startswith(field)
