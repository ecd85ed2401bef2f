"""What a sweep may be: values, ranges, grids, and every bad request as one sentence before anything starts."""

import json

import pytest

from engine.config import ConfigError
from engine.sweeps import sweep
from engine.sweeps.sweep import Plan
from tests.sweep_stories import TEXTS, plan

RATE = {"learning_rate": "log:1e-4:1e-1"}
MANY = {
    **RATE,
    "batch_size": "log:16:64",
    "weight_decay": "log:1e-5:1e-1",
    "epochs": "lin:1:50",
    "warmup_steps": "lin:0:50",
}


def test_values_and_ranges_by_field():
    made = plan({**TEXTS, "network_options.width": "lin:16:64:4", "momentum": "0.5,0.9", "optimizer": "momentum"})
    found = {each.field: each for each in made.ranges}
    assert (found["learning_rate"].low, found["learning_rate"].high, found["learning_rate"].log) == (1e-4, 1e-1, True)
    assert found["batch_size"].values == (16, 32)
    assert found["network_options.width"].values == (16, 32, 48, 64)
    assert found["momentum"].values == (0.5, 0.9)
    assert made.config.epochs == 2
    assert made.metric == "validation_loss"


def test_the_question_is_about_frameworks_as_they_come_unless_somebody_says_otherwise():
    assert plan().config.policy == "defaults"
    assert plan({**TEXTS, "policy": "matched"}).config.policy == "matched"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("log:1e-4:1e-1:4", (0.0001, 0.001, 0.01, 0.1)),
        ("lin:0.1:0.3:3", (0.1, 0.2, 0.3)),
        ("0.1,0.01", (0.1, 0.01)),
        ("0.1,0.1,0.01", (0.1, 0.01)),
    ],
)
def test_steps_lie_evenly_and_both_ends_are_among_them(text, values):
    (each,) = plan({"learning_rate": text}).ranges
    assert each.values == pytest.approx(values)


def test_whole_fields_get_whole_numbers():
    ranges = plan({"batch_size": "log:16:256:5", "epochs": "lin:1:9"}).ranges
    assert ranges[0].values == (16, 32, 64, 128, 256)
    assert ranges[1].ends == (1, 9)
    assert all(type(value) is int for each in ranges for value in each.ends)


def test_a_plan_is_json_both_ways():
    made = plan({**TEXTS, "optimizer": "sgd,adam", "weight_decay": "none,0.1"}, prune=True, seeds=3)
    assert Plan.from_json(made.to_json()) == made
    assert json.loads(made.to_json())["ranges"][-1]["values"] == [None, 0.1]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"config": 1}', '{"config": {}}', "[" * 100_000])
def test_a_damaged_plan_is_one_sentence(text):
    with pytest.raises(ConfigError, match="allowed is"):
        Plan.from_json(text)


def test_a_grid_has_all_of_its_points_once():
    made = plan({"learning_rate": "log:1e-4:1e-1:4", "batch_size": "16,32,64"}, sampler="grid", trials=None)
    points = sweep.grid(made)
    assert made.trials == len(points) == 12
    assert len({(point["learning_rate"], point["batch_size"]) for point in points}) == 12
    assert points == sweep.grid(made)
    assert points != sorted(points, key=lambda point: (point["learning_rate"], point["batch_size"]))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("log:1e-4:1e2", (0.0001, 0.001, 0.01, 0.1, 1, 10, 100)),
        ("log:1e-4:1e-1:4", (0.0001, 0.001, 0.01, 0.1)),
        ("lin:0.1:0.7", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)),
    ],
)
def test_a_range_in_a_grid_has_seven_values_or_as_many_as_it_says(text, values):
    (range_,) = plan({"learning_rate": text}, sampler="grid", trials=None).ranges
    assert range_.values == values


def test_a_range_of_few_whole_numbers_has_them_all_in_a_grid():
    (range_,) = plan({"epochs": "lin:1:3"}, sampler="grid", trials=None).ranges
    assert range_.values == (1, 2, 3)


def test_a_large_grid_is_complete_too():
    made = plan({"learning_rate": "log:1e-4:1e-1:60", "batch_size": "lin:1:10:10"}, sampler="grid", trials=None)
    assert len({tuple(point.values()) for point in sweep.grid(made)}) == made.trials == 600


def test_a_setting_becomes_a_config():
    made = plan({**TEXTS, "network_options.width": "16,32", "execution.tensorflow": "graph,eager"})
    setting = {"learning_rate": 0.5, "network_options.width": 32, "execution.tensorflow": "eager"}
    config = sweep.config_of(made, setting, seed=9)
    assert (config.learning_rate, config.network_options["width"], config.seed) == (0.5, 32, 9)
    assert (config.execution.torch, config.execution.tensorflow) == ("eager", "eager")
    assert config.epochs == 2


@pytest.mark.parametrize(
    ("texts", "more", "words"),
    [
        ({"network": "mlp"}, {}, "--set: nothing was given; allowed is at least one field with several values"),
        ({"learning_rat": "1,2"}, {}, "learning_rat: there is no such field"),
        ({"network_options.widht": "1,2"}, {}, "network_options.widht: 1 was given; allowed is one of depth, width"),
        ({"learning_rate": "log:1e-1:1e-4"}, {}, "allowed is a range whose lower end comes first"),
        ({"learning_rate": "log:1:1"}, {}, "allowed is a range whose lower end comes first"),
        ({"learning_rate": "log:0:1"}, {}, "learning_rate: 0 was given; allowed is a number, more than 0"),
        ({"weight_decay": "log:0:1"}, {}, "allowed is a lower end above 0 with log"),
        ({"learning_rate": "log:a:b"}, {}, "allowed is log:LOW:HIGH"),
        ({"learning_rate": "log:1"}, {}, "allowed is log:LOW:HIGH"),
        ({"learning_rate": "log:1:nan"}, {}, "allowed is log:LOW:HIGH"),
        ({"learning_rate": "log:1e-3:1:1"}, {}, "allowed is a whole number of steps, at least 2"),
        ({"learning_rate": "lin:0.10000001:0.10000002:3"}, {}, "allowed is steps that differ within six digits"),
        ({"learning_rate": "0.1,"}, {}, "allowed is two or more different values"),
        ({"learning_rate": "0.1,0.1"}, {}, "allowed is two or more different values"),
        ({"learning_rate": "0.1,fast"}, {}, 'learning_rate: "fast" was given'),
        ({"batch_size": "lin:1.5:3"}, {}, "batch_size: 1.5 was given"),
        ({"batch_size": "lin:1:3.5"}, {}, "allowed is a range between two whole numbers"),
        ({"batch_size": "0,16"}, {}, "batch_size: 0 was given"),
        ({"batch_size": "lin:16:1000000"}, {}, "batch_size: 1000000 was given"),
        ({"optimizer": "log:1:2"}, {}, "optimizer: 1 was given"),
        ({"schedule": "constant,cosine", "optimizer": "adam,momentum", "momentum": "0.9"}, {}, "momentum: 0.9 was"),
        ({**RATE, "network": "lenet", "dataset": "iris"}, {}, 'dataset: "iris" was given; allowed is digits'),
        ({"network": "mlp,lenet"}, {}, "network: .* allowed is one network"),
        ({**RATE, "seed": "1,2"}, {}, "seed: .* allowed is one seed for the search"),
        ({**RATE, "frameworks": "torch"}, {}, "allowed is both frameworks in every trial"),
        ({"batch_size": "16,32,64"}, {"sampler": "grid", "trials": 2}, "trials: 2 was given; allowed is at least 3"),
        (MANY, {"sampler": "grid"}, '"a grid of 16,807 points" was given; allowed is at most 10,000: fewer fields, or'),
        (RATE, {"sampler": "best"}, 'sampler: "best" was given; allowed is grid, random, tpe'),
        (RATE, {"trials": 0}, "trials: 0 was given; allowed is a whole number, at least 1"),
        (RATE, {"trials": 10**9}, "trials: 1000000000 was given"),
        (RATE, {"seeds": 1}, "seeds: 1 was given; allowed is 0, or a whole number, at least 2"),
        ({**RATE, "seed": str(2**32 - 1)}, {"seeds": 3}, "seed: .* with 3 more seeds"),
        (RATE, {"metric": "speed"}, 'metric: "speed" was given; allowed is validation_loss, validation_accuracy'),
        ({**RATE, "train_fraction": "1"}, {"prune": True}, "prune: true was given; allowed is nothing without"),
    ],
)  # fmt: skip
def test_a_bad_request_is_a_sentence(texts, more, words):
    with pytest.raises(ConfigError, match=words):
        plan(texts, **more)


def test_without_validation_the_training_loss_is_what_is_left():
    assert plan({**RATE, "train_fraction": "1"}).metric == "train_loss"
