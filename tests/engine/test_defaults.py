"""Which defaults differ for a config, what a flip takes with it, and what a person can read about each."""

import pytest

from engine import assignments
from engine.config import FRAMEWORKS, ConfigError, RunConfig
from engine.config_problems import TAKES
from engine.fairness.defaults import (
    CONSTANTS,
    NAMES,
    TENSORFLOW,
    TORCH,
    first_loss_scale,
    matchable,
    matches,
    optimizer_parameters,
)
from engine.fairness.differences import differences, title
from engine.fairness.weights import initial_weights
from engine.networks.catalogue import NETWORKS

OPTIMIZERS = tuple(TORCH)
USUAL = ("initial_weights", "epsilon", "optimizer_equation")


def build(**fields):
    return RunConfig.build({"policy": "defaults", **fields})


def test_every_optimizer_has_exactly_what_it_takes():
    for table in (TORCH, TENSORFLOW):
        for optimizer, own in table.items():
            assert set(own) == {"weight_decay", *(name for name, takers in TAKES.items() if optimizer in takers)}


def test_constants_are_those_that_differ():
    differing = {name for own in OPTIMIZERS for name in TORCH[own] if TORCH[own][name] != TENSORFLOW[own][name]}
    assert differing == set(CONSTANTS)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"network": "mlp"}, USUAL),
        ({"network": "mlp", "epsilon": 1e-8}, ("initial_weights", "optimizer_equation")),
        ({"network": "mlp", "optimizer": "adamw"}, (*USUAL[:2], "weight_decay", "optimizer_equation")),
        ({"network": "mlp", "optimizer": "sgd"}, ("initial_weights",)),
        ({"network": "mlp", "optimizer": "sgd", "weight_decay": 0.1}, ("initial_weights", "optimizer_equation")),
        ({"network": "mlp", "optimizer": "sgd", "gradient_clip_norm": 1.0}, ("initial_weights", "optimizer_equation")),
        ({"network": "mlp", "optimizer": "rmsprop"}, ("initial_weights", "epsilon", "rho", "optimizer_equation")),
        ({"network_options": {"dropout": 0.1, "activation": "gelu"}}, (*USUAL, "gelu", "dropout_masks")),
        ({"network": "resnet"}, (*USUAL, "batch_norm", "running_variance")),
        ({"network": "lstm"}, (*USUAL, "lstm_bias")),
        ({"network": "mlp", "precision": "mixed_float16"}, (*USUAL, "loss_scale")),
        ({"network": "mlp", "device": "cuda:0"}, (*USUAL, "tf32", "determinism")),
        ({"network": "mlp", "device": {"torch": "mps"}}, (*USUAL, "determinism")),
    ],
)  # fmt: skip
def test_what_can_be_matched(fields, names):
    assert matchable(build(**fields)) == names
    assert build(**fields, matched_defaults=list(names)).matched_defaults == names


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"matched_defaults": ["rho"]}, "allowed is each at most once of initial_weights, epsilon, optimizer_equation"),
        ({"matched_defaults": ["epsilon", "epsilon"]}, "each at most once of"),
        ({"matched_defaults": ["epsilon"], "policy": "matched"}, "nothing with the policy matched"),
        ({"matched_defaults": "epsilon"}, "a list of any of initial_weights, "),
        ({"matched_defaults": [1]}, "a list of any of initial_weights, "),
        ({"matched_defaults": None}, "a list of any of initial_weights, "),
    ],
)
def test_what_is_refused(fields, words):
    with pytest.raises(ConfigError) as caught:
        build(**fields)
    (problem,) = caught.value.problems
    assert problem.field == "matched_defaults"
    assert words in problem.sentence


def test_flips_are_text_both_ways():
    config = build(matched_defaults=["epsilon", "initial_weights"])
    texts = assignments.changes(config)
    assert texts["matched_defaults"] == "epsilon,initial_weights"
    assert RunConfig.build(assignments.fields(texts)) == config
    assert RunConfig.from_json(config.to_json()) == config
    assert "matched_defaults" not in assignments.changes(build())
    assert RunConfig.build(assignments.fields({"policy": "defaults", "matched_defaults": ""})) == build()


def test_a_stored_config_of_before_is_read():
    fields = build().model_dump(mode="json")
    del fields["matched_defaults"]
    assert RunConfig.build(fields) == build()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_flips_change_one_constant_each(optimizer):
    plain = optimizer_parameters(build(optimizer=optimizer), "tensorflow")
    assert plain == TENSORFLOW[optimizer]
    for name in set(matchable(build(optimizer=optimizer))) & set(CONSTANTS):
        flipped = build(optimizer=optimizer, matched_defaults=[name])
        assert optimizer_parameters(flipped, "tensorflow") == plain | {name: TORCH[optimizer][name]}
        assert optimizer_parameters(flipped, "torch") == TORCH[optimizer]
    assert optimizer_parameters(RunConfig.build({"optimizer": optimizer}), "tensorflow") == TORCH[optimizer]


def test_the_matched_policy_matches_everything():
    assert all(matches(RunConfig.build({}), name) for name in NAMES)
    assert not any(matches(build(), name) for name in NAMES)


def test_a_second_bias_that_is_left_begins_at_zero():
    shared = initial_weights(RunConfig.build({"network": "lstm"}))
    left = initial_weights(build(network="lstm", matched_defaults=["initial_weights"]))
    assert set(left) - set(shared) == {"lstm.bias_hh_l0"}
    assert not left["lstm.bias_hh_l0"].any()
    matched = build(network="lstm", matched_defaults=["initial_weights", "lstm_bias"])
    assert set(initial_weights(matched)) == set(shared)


def test_the_loss_is_scaled_by_each_framework_s_own_factor_until_that_is_matched():
    def first(config):
        return [first_loss_scale(config, framework) for framework in FRAMEWORKS]

    fields = {"precision": "mixed_float16"}
    assert first(build(**fields)) == [65_536, 32_768]
    assert first(build(**fields, matched_defaults=["loss_scale"])) == [65_536, 65_536]
    assert first(RunConfig.build(fields)) == [65_536, 65_536]


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_default_that_differs_can_be_read(network, optimizer):
    config = build(network=network, optimizer=optimizer, device="cuda:0", precision="mixed_float16")
    found = differences(config)
    assert [each.name for each in found if each.matchable] == list(matchable(config))
    for each in found:
        assert all((each.title, *each.where, *each.values))
        assert each.lesson.endswith(".")
        assert "\n" not in each.lesson


def test_what_breaks_naive_parity_is_taught():
    def lessons(**fields):
        return {each.name: each.lesson for each in differences(build(**fields))}

    assert {"strided_padding", "running_variance", "logits"} <= set(lessons(network="resnet"))
    assert "same token" in lessons(network="transformer")["optimizer_equation"]
    assert "same token" not in lessons(network="mlp")["optimizer_equation"]
    assert "twice the rate" in lessons(network="lstm")["lstm_bias"]
    assert "adds it to the gradient" in lessons(network="mlp", weight_decay=0.1)["optimizer_equation"]
    assert "clips less" in lessons(network="transformer", gradient_clip_norm=1.0)["optimizer_equation"]
    assert "clips less" not in lessons(network="transformer")["optimizer_equation"]
    assert "1e-6" in lessons(network="mlp", gradient_clip_norm=1.0)["optimizer_equation"]
    assert "logits" not in lessons(network="autoencoder")
    assert title("", build()) == "None"
