"""The scripts as text: what they contain, that they are whole, and how two of them are set beside each other."""

import ast
import json
import re

import numpy as np
import pytest

from engine.config import FRAMEWORKS, RunConfig
from engine.datasets.split import prepare
from engine.networks import own
from engine.networks.catalogue import NETWORKS
from engine.scripts.align import Row, align, marked
from engine.scripts.compose import LevelError, refusal, script
from engine.scripts.counts import counted
from engine.scripts.data import FROM_FILE, PARTS, as_file, data
from engine.scripts.ran import ran
from engine.scripts.script import LEVELS
from engine.scripts.sources import take
from tests.engine.own_pairs import write

PAIRS = [(name, dataset) for name, network in NETWORKS.items() for dataset in network.recipes]
MADE = [pair for pair in PAIRS if pair[1] not in FROM_FILE]
EVERYTHING = {
    "schedule": "cosine",
    "warmup_steps": 5,
    "gradient_clip_norm": 1.0,
    "early_stopping_patience": 3,
    "weight_decay": 0.01,
    "device": "cuda:0",
    "precision": "float64",
}


def defined(text: str) -> list[str]:
    """The names of the first level that are functions or classes."""
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


@pytest.mark.parametrize(("network", "dataset"), MADE)
def test_the_data_of_a_script_are_the_engine_s(network, dataset):
    config = RunConfig.build({"network": network, "dataset": dataset})
    part = data(config)
    found: dict = {"SEED": config.seed}
    exec("\n".join(sorted(part.imports)) + "\n" + part.code, found)
    expected = prepare(config)
    for name in PARTS:
        assert np.array_equal(found[name], getattr(expected, name)), name


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("side", FRAMEWORKS)
@pytest.mark.parametrize("policy", ["matched", "defaults"])
@pytest.mark.parametrize("network", NETWORKS)
def test_a_script_is_whole(network, policy, side, level):
    """It parses, defines nothing twice, imports nothing of ours, and fits on the page; with all that can be asked."""
    stops = {"dataset": "teacher"} if network == "simple_net" else {}  # which needs examples for validation
    mixed = {"precision": "mixed_bfloat16", "execution": {"torch": "compile"}}
    configs = [
        RunConfig.build({"network": network, "policy": policy, **more}) for more in ({}, EVERYTHING | stops, mixed)
    ]
    for config in (each for each in configs if not refusal(each, level)):
        text = script(config, side, level).text
        names = defined(text)
        assert len(names) == len(set(names))
        assert "import engine" not in text
        assert "from engine" not in text
        assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("policy", ["matched", "defaults"])
@pytest.mark.parametrize("network", NETWORKS)
def test_raw_tensors_need_no_layer_and_no_optimizer_class(network, policy):
    config = RunConfig.build({"network": network, "policy": policy, "optimizer": "adam", "gradient_clip_norm": 1.0})
    for found in counted({side: script(config, side, "raw") for side in FRAMEWORKS}).values():
        layers = r"torch\.(optim|nn\.[A-Z])|keras\.(layers|optimizers|losses|Model|Sequential)"
        assert not [name for name in found.names if re.match(layers, name)]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("side", FRAMEWORKS)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_script_points_to_no_file_of_ours_and_has_no_recurrent_helpers_without_need(network, side, level):
    options = {"network_options": {"dropout": 0.3}} if network in ("mlp", "transformer") else {}
    text = script(RunConfig.build({"network": network, **options}), side, level).text
    assert not re.search(r"\b(engine|docs|tests)[/.]", text)
    if network not in ("lstm", "gru"):
        assert not re.search("lstm|gru", text, re.IGNORECASE)


@pytest.mark.parametrize("side", FRAMEWORKS)
def test_a_fit_script_says_how_its_loss_weighs_the_batches(side):
    text = script(RunConfig.build({}), side, "fit").text
    assert "print the mean over steps: there it does not." in text


def test_what_there_is_no_raw_script_of_is_said_in_a_sentence():
    config = RunConfig.build({"network": "lenet", "precision": "mixed_bfloat16"})
    assert refusal(config, "layers") == refusal(config, "fit") == ""
    with pytest.raises(LevelError, match=r"float32 and float64, and not in mixed_bfloat16: choose another level\.$"):
        script(config, "torch", "raw")


def test_a_network_of_one_s_own_has_no_raw_script(tmp_path, monkeypatch):
    monkeypatch.setenv(own.VARIABLE, "")
    try:
        own.use(str(write(tmp_path / "mine")))
        config = RunConfig.build({"network": "two", "policy": "defaults"})
        assert refusal(config, "raw") == (
            "two is a network of your own: only our own networks are written in raw tensors."
        )
        assert "def build(" in script(config, "torch", "layers").text
    finally:
        own.use("")


@pytest.mark.parametrize("level", ["raw", "layers"])
def test_a_notebook_has_the_script_s_code_in_cells(level):
    made = script(RunConfig.build({"network": "lenet"}), "torch", level)
    book = json.loads(made.notebook)
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"])
    assert {cell["cell_type"] for cell in book["cells"]} == {"markdown", "code"}
    code = "\n\n".join("".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code")
    assert ast.dump(ast.parse(code)) == ast.dump(ast.Module(ast.parse(made.text).body[1:], []))
    assert all(cell["outputs"] == [] for cell in book["cells"] if cell["cell_type"] == "code")


def test_data_from_a_file_are_the_engine_s(tmp_path):
    config = RunConfig.build({"network": "mlp", "dataset": "moons"})
    path = tmp_path / "data.npz"
    path.write_bytes(as_file(config))
    expected = prepare(config)
    with np.load(path) as held:
        assert set(held) == set(PARTS)
        assert all(np.array_equal(held[name], getattr(expected, name)) for name in PARTS)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("policy", ["matched", "defaults"])
def test_what_ran_is_our_own_source(network, policy):
    config = RunConfig.build({"network": network, "policy": policy})
    for side in FRAMEWORKS:
        parts = {part.title: part.code for part in ran(config, side)}
        assert f"# engine/networks/{network}_{side}.py" in parts["Network"]
        assert "def _step(" in parts["A step" if side == "torch" else "Steps"]
        matched = "_Matched" if policy == "matched" else "_Keras"
        assert (matched in parts["Optimizer"]) == (side == "tensorflow")


def test_what_ran_goes_by_the_steps_per_call():
    config = RunConfig.build(
        {"execution": {"torch": "compile"}, "steps_per_call": {"torch": "many", "tensorflow": "one"}}
    )
    parts = {part.title: part.code for part in ran(config, "torch")}
    assert "self._scan(rows" in parts["Steps"]
    assert "scan(" in parts["Many steps in one call"]
    assert "Optimizer" not in parts
    assert "def _steps(" not in {part.title: part.code for part in ran(config, "tensorflow")}["A step"]


def test_taking_a_definition_takes_what_it_needs_and_no_more():
    taken = take([("engine.frameworks.weights_tensorflow", "_renamed")])
    assert list(taken.definitions) == ["RENAMED", "_renamed"]
    assert taken.imports == set()
    with pytest.raises(LookupError, match="defines no nothing"):
        take([("engine.frameworks.weights_tensorflow", "nothing")])
    with pytest.raises(LookupError, match="_LOW is defined in"):
        take([("engine.frameworks.layers_torch", "_LOW"), ("engine.frameworks.layers_tensorflow", "_LOW")])


def test_lines_about_the_same_share_a_row_and_none_is_lost():
    torch = ["a = 1", "x = torch.tensor(inputs)", "loss.backward()", "end"]
    tensorflow = ["a = 1", "import keras", "x = tf.constant(inputs)", "end"]
    rows = align(torch, tensorflow)
    assert Row("x = torch.tensor(inputs)", "x = tf.constant(inputs)") in rows
    assert [row.torch for row in rows if row.torch is not None] == torch
    assert [row.tensorflow for row in rows if row.tensorflow is not None] == tensorflow
    assert [row.torch for row in rows if row.same] == ["a = 1", "end"]


def test_what_differs_within_a_line_is_whole_words():
    assert marked("nn.Linear(3)", "nn.Dense(3)") == [("nn.", True), ("Linear", False), ("(3)", True)]
    assert marked("end", None) == [("end", True)]
