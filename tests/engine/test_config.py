"""A config takes what it says it takes, refuses everything else in one clear sentence, and is the same after JSON."""

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import EXECUTIONS, FRAMEWORKS, ConfigError, RunConfig, allowed
from engine.config_problems import TAKES
from engine.datasets.catalogue import DATASETS
from engine.networks.catalogue import NETWORKS
from tests.engine.strategies import patient

# A config in which each of these fields may be given at all.
SETTING = {
    "momentum": {"optimizer": "momentum"},
    "beta_1": {"optimizer": "adam"},
    "beta_2": {"optimizer": "adamw"},
    "rho": {"optimizer": "rmsprop"},
    "epsilon": {"optimizer": "adam"},
}
# Field: (lowest allowed, highest allowed, too low, too high).
EDGES = {
    "train_fraction": (1e-9, 1.0, 0.0, 1.0000001),
    "epochs": (1, 1_000_000, 0, 1_000_001),
    "batch_size": (1, 65_536, 0, 65_537),
    "momentum": (0.0, 0.999999, -1e-9, 1.0),
    "beta_1": (0.0, 0.999999, -1e-9, 1.0),
    "beta_2": (0.0, 0.999999, -1e-9, 1.0),
    "rho": (0.0, 0.999999, -1e-9, 1.0),
    "epsilon": (1e-30, 1.0, 0.0, 1.0000001),
    "weight_decay": (0.0, 10.0, -1e-9, 10.0000001),
    "learning_rate": (1e-30, 1e6, 0.0, 1_000_000.1),
    "schedule_epochs": (1, 1_000_000, 0, 1_000_001),
    "schedule_factor": (1e-30, 1.0, 0.0, 1.0000001),
    "warmup_steps": (0, 1_000_000_000, -1, 1_000_000_001),
    "gradient_clip_norm": (1e-30, 1e6, 0.0, 1_000_000.1),
    "early_stopping_patience": (1, 1_000_000, 0, 1_000_001),
    "seed": (0, 2**32 - 1, -1, 2**32),
    "threads": (1, 256, 0, 257),
    "workers": (1, 4, 0, 5),
}
CHOICES = {
    "schema_version": (1,),
    "network": tuple(NETWORKS),
    "policy": ("matched", "defaults"),
    "optimizer": ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"),
    "schedule": ("constant", "step", "cosine"),
    "precision": ("float32", "float64", "mixed_bfloat16", "mixed_float16"),
    "concurrency": ("race", "in_turn"),
    "histograms": (True, False),
    "snapshots": (True, False),
}
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def problem(fields):
    """The one problem of a refused config."""
    with pytest.raises(ConfigError) as caught:
        RunConfig.build(fields)
    assert len(caught.value.problems) == 1, caught.value.problems
    return caught.value.problems[0]


def test_every_field_is_tested_here():
    others = {
        "network_options",
        "own_network",
        "dataset",
        "dataset_options",
        "frameworks",
        "device",
        "execution",
        "steps_per_call",
        "matched_defaults",
    }
    assert {*EDGES, *CHOICES, *others} == set(RunConfig.model_fields)


@pytest.mark.parametrize("field", EDGES)
def test_limits(field):
    low, high, too_low, too_high = EDGES[field]
    for value in (low, high):
        assert getattr(RunConfig.build(SETTING.get(field, {}) | {field: value}), field) == value
    for value in (too_low, too_high):
        found = problem(SETTING.get(field, {}) | {field: value})
        assert found.field == field
        assert found.sentence == f"{field}: {json.dumps(value)} was given; allowed is {allowed(field)}."


@pytest.mark.parametrize("field", CHOICES)
def test_choices(field):
    for value in CHOICES[field]:
        assert getattr(RunConfig.build({field: value}), field) == value
    found = problem({field: "other"})
    assert found.field == field
    assert found.sentence == f'{field}: "other" was given; allowed is {allowed(field)}.'
    assert all(str(value).lower() in allowed(field) for value in CHOICES[field])


@pytest.mark.parametrize(
    "field", [*EDGES, *(field for field in CHOICES if field not in ("schema_version", "histograms", "snapshots"))]
)
@pytest.mark.parametrize("value", [True, "3", [1], {"a": 1}, math.nan, math.inf])
def test_wrong_types(field, value):
    assert problem(SETTING.get(field, {}) | {field: value}).field == field


@pytest.mark.parametrize("field", [name for name, edge in EDGES.items() if isinstance(edge[0], int)])
def test_whole_numbers_take_no_fraction(field):
    assert problem({field: 2.5}).field == field


@patient
@given(st.dictionaries(st.sampled_from([*RunConfig.model_fields, "other"]), PLAIN, max_size=3))
def test_anything_plain_is_a_config_or_a_problem_with_a_sentence(fields):
    refusal = None
    try:
        config = RunConfig.build(fields)
    except ConfigError as error:
        refusal = error
    if refusal is None:
        assert RunConfig.from_json(config.to_json()) == config
        return
    assert refusal.problems
    assert str(refusal) == " ".join(found.sentence for found in refusal.problems)
    for found in refusal.problems:
        assert found.sentence.startswith(f"{found.field}: ")
        assert found.sentence.endswith(".")
        assert "allowed is " in found.sentence


@patient
@given(st.text(max_size=40) | PLAIN.map(json.dumps) | st.binary(max_size=40))
def test_any_text_is_a_config_or_a_problem(text):
    with contextlib.suppress(ConfigError):
        RunConfig.from_json(text)


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "{", '{"epochs": 3} x', "[" * 100_000, b"\xff\xfe"])
def test_what_is_no_json_object(text):
    with pytest.raises(ConfigError, match=r"^config: .* was given; allowed is a JSON object\.$"):
        RunConfig.from_json(text)


@patient
@given(st.data())
def test_json_both_ways(data):
    network = data.draw(st.sampled_from(list(NETWORKS)))
    numbers = {
        field: data.draw(st.integers(low, high) if isinstance(low, int) else st.floats(low, high))
        for field, (low, high, _, _) in EDGES.items()
        if field not in (*SETTING, "train_fraction", "early_stopping_patience", "workers")
    }
    chosen = {field: data.draw(st.sampled_from(CHOICES[field])) for field in CHOICES if field != "network"}
    config = RunConfig.build({"network": network, **numbers, **chosen})
    again = RunConfig.from_json(config.to_json())
    assert again == config
    assert again.to_json() == config.to_json()
    assert set(json.loads(config.to_json())) == set(RunConfig.model_fields)


def test_all_problems_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        RunConfig.build({"epochs": 0, "seed": -1, "colour": "red"})
    assert [found.field for found in caught.value.problems] == ["epochs", "seed", "colour"]


def test_unknown_fields():
    found = problem({"epoch": 3})
    assert found.sentence.startswith("epoch: there is no such field; allowed is one of the fields ")
    assert "epochs" in found.sentence


def test_a_config_is_frozen():
    config = RunConfig.build({})
    with pytest.raises(ValueError, match="frozen"):
        config.epochs = 3


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_what_is_left_out_comes_from_the_recipe(network):
    default = next(iter(network.recipes))
    assert RunConfig.build({"network": network.name}).dataset == default
    for dataset, recipe in network.recipes.items():
        if dataset == "table":  # without a file there is none
            continue
        config = RunConfig.build({"network": network.name, "dataset": dataset})
        given = vars(recipe) | {"network_options": network.complete(recipe.network_options)}
        assert {name: getattr(config, name) for name in given} == given
        assert config.dataset_options == {name: option.default for name, option in DATASETS[dataset].options.items()}
        assert RunConfig.build({"network": network.name, "dataset": dataset, "epochs": 3}).epochs == 3


def test_a_dataset_that_does_not_fit():
    found = problem({"network": "simple_net", "dataset": "digits"})
    assert found.sentence == (
        'dataset: "digits" was given; allowed is normal, teacher for the network simple_net, '
        "and digits fits mlp, plain_mlp, logistic, lenet, resnet, autoencoder."
    )
    assert problem({"network": "mlp", "dataset": "other"}).field == "dataset"


@pytest.mark.parametrize(
    ("options", "field", "words"),
    [
        ({"examples": 0}, "dataset_options.examples", "a whole number, at least 2 and at most 1,000,000"),
        ({"examples": 2.5}, "dataset_options.examples", "a whole number"),
        ({"noise": -0.1}, "dataset_options.noise", "a number, at least 0.0 and at most 10.0"),
        ({"other": 1}, "dataset_options.other", "one of examples, noise"),
        ({"examples": "many"}, "dataset_options.examples", "a whole number"),
        ([1], "dataset_options", "values by the dataset's option names"),
    ],
)
def test_dataset_options(options, field, words):
    found = problem({"network": "simple_net", "dataset": "teacher", "dataset_options": options})
    assert found.field == field
    assert words in found.sentence


@pytest.mark.parametrize(
    ("network", "options", "field", "words"),
    [
        ("mlp", {"depth": 0}, "network_options.depth", "a whole number, at least 1 and at most 16"),
        ("mlp", {"activation": "step"}, "network_options.activation", "relu, tanh, sigmoid, gelu, silu"),
        ("mlp", {"dropout": 0.95}, "network_options.dropout", "at most 0.9"),
        ("simple_net", {"width": 3}, "network_options.width", "no option here"),
        ("transformer", {"width": 30}, "network_options", "a multiple of the 4 heads"),
    ],
)
def test_network_options(network, options, field, words):
    found = problem({"network": network, "network_options": options})
    assert found.field == field
    assert words in found.sentence


def test_a_table_that_is_not_chosen_yet():
    assert problem({"network": "mlp", "dataset": "table"}).field == "dataset_options"


@pytest.mark.parametrize("field", ["device", "execution"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_one_framework_s_own_value(field, framework):
    value = "cuda:3" if field == "device" else EXECUTIONS[framework][-1]
    plain = RunConfig.build({}).model_dump()[field]
    assert RunConfig.build({field: {framework: value}}).model_dump()[field] == plain | {framework: value}
    found = problem({field: {framework: "other"}})
    assert found.sentence == f'{field}.{framework}: "other" was given; allowed is {allowed(f"{field}.{framework}")}.'


def test_one_value_for_both_frameworks():
    config = RunConfig.build({"device": "cuda:1", "execution": "eager"})
    assert vars(config.device) == {"torch": "cuda:1", "tensorflow": "cuda:1"}
    assert vars(config.execution) == {"torch": "eager", "tensorflow": "eager"}
    assert problem({"execution": "graph"}).field == "execution.torch"
    assert problem({"device": {"jax": "cpu"}}).field == "device.jax"


def calls(fields):
    return RunConfig.build(fields).model_dump()["steps_per_call"]


def test_a_graph_runs_many_steps_per_call_of_its_own_accord():
    assert calls({}) == {"torch": "one", "tensorflow": "many"}
    assert calls({"execution": "eager"}) == {"torch": "one", "tensorflow": "one"}
    assert calls({"steps_per_call": "one"}) == {"torch": "one", "tensorflow": "one"}
    assert calls({"execution": {"torch": "compile"}, "steps_per_call": "many"}) == dict.fromkeys(FRAMEWORKS, "many")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_eager_execution_runs_one_step_per_call(framework):
    found = problem({"execution": "eager", "steps_per_call": {framework: "many"}})
    assert found.field == f"steps_per_call.{framework}"
    assert "one in eager execution" in found.sentence


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"network": "lstm"}, "one for lstm"),
        ({"network": "gru", "policy": "defaults"}, "one for gru"),
        ({"device": {"torch": "mps"}}, "one on mps"),
        ({"precision": "mixed_float16"}, "one in mixed_float16: such a call cannot leave out a step"),
        ({"network_options": {"dropout": 0.2}, "policy": "defaults"}, "one with dropout"),
    ],
)
def test_where_pytorch_runs_one_step_per_call(fields, words):
    compiled = fields | {"execution": {"torch": "compile"}}
    assert calls(compiled | {"steps_per_call": {"torch": "one"}})["torch"] == "one"
    found = problem(compiled | {"steps_per_call": {"torch": "many"}})
    assert found.field == "steps_per_call.torch"
    assert words in found.sentence


def test_dropout_that_is_matched_runs_in_one_call():
    dropping = {"network_options": {"dropout": 0.2}, "execution": {"torch": "compile"}, "steps_per_call": "many"}
    assert calls(dropping) == dict.fromkeys(FRAMEWORKS, "many")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"batch_size": 1}, "at most 1, so that each has an example"),
        ({"network": "resnet"}, "1 for resnet: its batch norm"),
        ({"network_options": {"dropout": 0.1}}, "1 with matched dropout_masks"),
        ({"device": {"torch": "cuda:0"}}, "1 on a GPU"),
        ({"execution": {"torch": "compile"}}, "1 with compiled PyTorch"),
        ({"execution": {"tensorflow": "xla"}}, "1 with XLA"),
    ],
)
def test_where_one_worker_trains_alone(fields, words):
    assert RunConfig.build(fields | {"workers": 1}).workers == 1
    found = problem(fields | {"workers": 2})
    assert found.field == "workers"
    assert words in found.sentence


def test_several_workers_drop_units_of_their_own_by_default():
    fields = {"network_options": {"dropout": 0.1}, "policy": "defaults", "workers": 2}
    assert RunConfig.build(fields).workers == 2
    assert RunConfig.build({"execution": {"torch": "compile"}, "frameworks": ["tensorflow"], "workers": 2}).workers == 2


@pytest.mark.parametrize("value", ["other", 3, {"torch": "other"}, {"jax": "one"}, None, []])
def test_steps_per_call_that_cannot_be(value):
    with pytest.raises(ConfigError) as caught:
        RunConfig.build({"steps_per_call": value})
    assert {found.field.partition(".")[0] for found in caught.value.problems} == {"steps_per_call"}


@pytest.mark.parametrize(
    "device", ["gpu", "cuda", "cuda:", "cuda:-1", "cuda:100", "cuda:٣", "CPU", "cpu\n", "", "mps:0"]
)
def test_devices_that_cannot_be(device):
    assert problem({"device": {"torch": device}}).field == "device.torch"


def test_mps_is_for_torch_alone():
    assert RunConfig.build({"device": {"torch": "mps"}}).device.torch == "mps"
    assert problem({"device": "mps"}).field == "device.tensorflow"
    assert RunConfig.build({"device": "mps", "frameworks": ["torch"]}).device.torch == "mps"


@pytest.mark.parametrize("frameworks", ["torch", [], ["torch", "torch"], ["jax"], None, 1])
def test_frameworks_that_cannot_be(frameworks):
    assert problem({"frameworks": frameworks}).field.split(".")[0] == "frameworks"


def test_frameworks_may_be_one():
    assert RunConfig.build({"frameworks": ["tensorflow"]}).frameworks == ("tensorflow",)


@pytest.mark.parametrize("optimizer", CHOICES["optimizer"])
@pytest.mark.parametrize("name", TAKES)
def test_an_optimizer_takes_only_its_own_parameters(optimizer, name):
    fields = {"optimizer": optimizer, name: 0.5}
    if optimizer in TAKES[name]:
        assert getattr(RunConfig.build(fields), name) == 0.5
    else:
        assert f"nothing with {optimizer}" in problem(fields).sentence


@pytest.mark.parametrize(
    "fields",
    [
        {"train_fraction": 1.0},
        {"train_fraction": 0.9999},
        {"network": "simple_net"},
        {"network": "simple_net", "dataset": "teacher", "dataset_options": {"examples": 2}, "train_fraction": 0.9},
    ],
)
def test_early_stopping_needs_validation_examples(fields):
    RunConfig.build(fields)
    found = problem(fields | {"early_stopping_patience": 3})
    assert found.field == "early_stopping_patience"
    assert "it needs examples for validation" in found.sentence


def test_early_stopping_with_one_validation_example():
    fields = {"network": "simple_net", "dataset_options": {"examples": 2}, "train_fraction": 0.5}
    assert RunConfig.build(fields | {"early_stopping_patience": 3}).early_stopping_patience == 3
