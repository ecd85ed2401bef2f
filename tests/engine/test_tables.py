"""Tables and progress of runs told by hand."""

import io
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import assignments, events
from engine.charts import tables
from engine.config import RunConfig
from engine.fairness.controls import CONTROLS
from engine.fairness.parity import compare
from engine.runs import RunUnreadable, Store
from engine.store import progress
from engine.store.progress import RunProgress, follow, parity_of
from tests import stories

SIDES = ("torch", "tensorflow")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def progress_of(store: Store, run: str) -> RunProgress:
    progress = RunProgress(store, run)
    progress.poll()
    return progress


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


def test_histograms_that_are_superseded_are_forgotten_and_long_runs_keep_some() -> None:
    told = [events.Histograms(step, {}) for step in range(1, 6)]
    assert [one.step for one in follow([*told, events.Resumed(3, 0.0)]).histograms] == [1, 2, 3]
    many = follow(events.Histograms(step, {}) for step in range(1000)).histograms
    assert len(many) <= progress.MOST_HISTOGRAMS
    assert many[-1].step == 999
    assert many[0].step < 20


def test_steps_that_cannot_be_are_damage_each_time(store: Store) -> None:
    run = stories.new_run(store, frameworks=["torch"])
    stories.launch(store, run, "torch")
    stories.tell(store, run, "torch", [stories.started(), events.Steps(10**15, (1.0,), 0.1)])
    progress = RunProgress(store, run)
    for _ in range(2):
        with pytest.raises(RunUnreadable, match=r"torch/events.jsonl is damaged: step 1,000,000,000,000,000 of 6\."):
            progress.poll()


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


def test_ahead_counts_by_when_runs_were_made_and_not_by_their_ids(store: Store) -> None:
    store.root.mkdir()
    first, second = "20260101-000000-mlp-ffffff", "20260101-000000-mlp-000000"  # made within one second
    for number, name in enumerate((first, second)):
        (store.root / store.create(RunConfig.build({}))).rename(store.root / name)
        os.utime(store.root / name / "config.json", (1000 + number, 1000 + number))
    assert [progress_of(store, name).ahead() for name in (first, second)] == [0, 1]


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


# Tables


def test_the_result_table_marks_a_race(store: Store) -> None:
    table = tables.result_table(progress_of(store, stories.finished_run(store, shift=1e-7)))
    assert list(table.columns) == ["PyTorch", "TensorFlow"]
    assert list(table.loc["Validation accuracy"]) == ["97.2 %", "97.2 %"]
    assert list(table.loc["Steps per second (race)"]) == ["300", "300"]


def test_only_what_can_be_subtracted_fairly_is(store: Store) -> None:
    table = tables.difference_table(progress_of(store, stories.finished_run(store, shift=1e-7)))
    assert table is not None
    assert dict(table["Difference"]) == {
        "Training loss, largest": "1e-7",
        "Training loss, largest relative": "2e-7",
        "Steps compared": "6",
        "Training loss, last step": "1e-7",
        "Validation loss": "0",
        "Validation accuracy": "0.0 points",
        "Memory, peak": "–",
    }


def test_what_was_trained_alone_differs_from_nothing(store: Store) -> None:
    assert tables.difference_table(progress_of(store, stories.finished_run(store, frameworks=["torch"]))) is None


def test_metrics_of_different_moments_are_not_subtracted(store: Store) -> None:
    run = stories.new_run(store)
    for side, count in (("torch", 5), ("tensorflow", 4)):
        stories.launch(store, run, side)
        stories.tell(store, run, side, [*stories.finished_side(side)[:count], events.Stopped(6, 1.0)])
    table = tables.difference_table(progress_of(store, run))
    assert table is not None
    assert list(table.index) == ["Training loss, largest", "Training loss, largest relative", "Steps compared"]


# What a run was


@pytest.mark.parametrize("fields", [{"concurrency": "in_turn"}, {"frameworks": ["torch"]}])
def test_what_was_trained_alone_is_no_race(store: Store, fields: dict[str, object]) -> None:
    table = tables.result_table(progress_of(store, stories.finished_run(store, **fields)))
    assert "Steps per second" in table.index
    assert "race" not in " ".join(table.index)


def test_parity_is_that_of_the_recorded_losses(store: Store) -> None:
    run = stories.finished_run(store, shift=1e-7)
    told = {side: [event for event in store.read(run, side)[0] if isinstance(event, events.Steps)] for side in SIDES}
    curves = [np.array([loss for event in told[side] for loss in event.losses]) for side in SIDES]
    assert parity_of(progress_of(store, run)) == compare(*curves)


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
    assert told["certificate"]["claims"]["curves"]["comparable"] is None
    assert len(told["certificate"]["controls"]) == len(CONTROLS)


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
    assert assignments.build(assignments.changes(config), Path("runs")) == (config, [])
    assert assignments.build(assignments.texts(config), Path("runs")) == (config, [])


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
    config, told = assignments.build(texts | {"seed": "5"}, Path("runs"))
    assert config == RunConfig.build({"seed": 5})
    assert len(told) == 1
    assert told[0].startswith(field)
