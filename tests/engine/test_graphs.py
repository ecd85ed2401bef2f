"""Graphs of either framework: which layer a node is of, what is matched, and how it is drawn."""

import json
import re
from dataclasses import replace

import pytest

from engine.charts import graphs as tables
from engine.config import RunConfig
from engine.graphs import dot, hlo
from engine.graphs.difference import does, rows
from engine.graphs.graph import VIEWS, Graph, found
from engine.graphs.names import layer_of
from engine.graphs.request import Request, read
from engine.runs import Store
from engine.tasks.task import TaskError
from tests import graph_stories as told
from tests.graph_stories import SEEN, TENSORFLOW, TORCH, node

REQUEST = Request.build(RunConfig.build({}), training=True)
COLOURS = dot.Colours("#000", "#111", "#222", "#found", "#444")
HLO = """HloModule a, entry_computation_layout={(f32[4,8]{1,0})->f32[4]{0}}

%fused (p: f32[4,8]) -> f32[4,8] {
  %p = f32[4,8]{1,0} parameter(0)
  ROOT %r.1 = f32[4,8]{1,0} maximum(%p, %p), metadata={op_type="Relu" op_name="net_1/act_1/Relu"}
}

ENTRY %main.2 (x.1: f32[4,8]) -> (f32[4,8], s32[]) {
  %x.1 = f32[4,8]{1,0} parameter(0), metadata={op_name="XLA_Args"}
  %c = s32[] constant(3)
  %f = f32[4,8]{1,0} fusion(%x.1), kind=kLoop, calls=%fused
  ROOT %t = (f32[4,8]{1,0}, s32[]) tuple(f32[4,8]{1,0} %f, /*index=1*/s32[] %c)
}
"""


@pytest.mark.parametrize(
    ("path", "layer"),
    [
        ("sequential_1/hidden1_1/MatMul", "hidden1"),
        ("net/stage1.block1.conv1_2/Conv2D", "stage1.block1.conv1"),
        ("net/lstm/while/lstm_cell_3/MatMul", "lstm.lstm_cell"),
        ("net/block_1/Add", "block_1"),
        ("net_1/elsewhere/Add", ""),
        ("XLA_Args", ""),
    ],
)
def test_the_innermost_layer_on_a_path(path: str, layer: str) -> None:
    known = {"", "hidden1", "stage1.block1.conv1", "lstm", "lstm.lstm_cell", "block_1", "block"}
    assert layer_of(path, known) == layer


def test_hlo_is_read_as_nodes() -> None:
    nodes = list(hlo.nodes(HLO, {"act"}))
    assert [(one.name, one.op, one.shape, one.dtype) for one in nodes] == [
        ("fused/p", "input", (4, 8), "f32"),
        ("fused/r.1", "maximum", (4, 8), "f32"),
        ("x.1", "input", (4, 8), "f32"),
        ("c", "constant", (), "s32"),
        ("f", "fusion", (4, 8), "f32"),
        ("t", "tuple", (4, 8), "f32"),
    ]
    assert nodes[1].layer == "act"
    assert nodes[1].scope == "fused"
    assert nodes[4].inputs == ("x.1",)  # not the computation that it calls
    assert nodes[5].inputs == ("f", "c")


def test_a_product_with_its_bias_is_the_same_on_both_sides() -> None:
    hidden = next(row for row in rows(SEEN) if row.name == "hidden")
    assert hidden.parts["torch"].operations == {"aten.linear": 1}
    assert hidden.parts["tensorflow"].operations == {"MatMul": 1, "BiasAdd": 1}
    assert hidden.only == {"torch": {}, "tensorflow": {}}
    assert hidden.shapes == "same"
    assert not hidden.differs


@pytest.mark.parametrize(
    ("op", "inputs", "words"),
    [
        ("aten.linear", "x w b", ("matrix product", "bias")),
        ("aten.linear", "x w", ("matrix product",)),
        ("Conv2D", "x w", ("convolution",)),
        ("aten.relu_", "x", ("relu",)),
        ("ReadVariableOp", "w", ()),
        ("Rsqrt", "x", ("rsqrt",)),
    ],
)
def test_what_an_operation_does(op: str, inputs: str, words: tuple) -> None:
    assert does(node("n", op, inputs=inputs)) == words


def test_what_only_one_side_does() -> None:
    norm = next(row for row in rows(SEEN) if row.name == "norm")
    assert norm.only == {"torch": {"layer_norm": 1}, "tensorflow": {"transpose": 1}}
    assert norm.shapes == "other order"
    assert norm.differs


NORM = "Mean Reshape StopGradient SquaredDifference Mean Reshape AddV2 Rsqrt Mul Mul Neg Mul AddV2 AddV2"
GELU = "Mul Mul Erf AddV2 Mul"


def only(torch: str, tensorflow: str) -> dict[str, dict[str, int]]:
    """What only one side does in a layer that has these operations."""
    seen = {}
    for side, one, ops in (("torch", TORCH, torch), ("tensorflow", TENSORFLOW, tensorflow)):
        nodes = tuple(node(f"{number}", op, "hidden", inputs="x w b") for number, op in enumerate(ops.split()))
        seen[side] = replace(one, graphs={"graph": Graph(nodes)})
    return next(row for row in rows(seen) if row.name == "hidden").only


@pytest.mark.parametrize(
    ("torch", "tensorflow"),
    [
        ("aten.layer_norm", NORM),
        ("aten.gelu", GELU),
        ("aten.gelu", "Neg Mul Erfc Mul Mul"),
        ("aten.gelu aten.layer_norm aten.gelu", f"{GELU} {NORM} {GELU}"),
        ("aten.linear", "Reshape Cast MatMul BiasAdd Reshape"),
        ("aten.embedding", "Less StridedSlice Cast AddV2 SelectV2 GatherV2"),
        ("aten.conv_transpose2d", "Conv2DBackpropInput Reshape AddV2"),
        ("aten.add aten.linear", "AddV2 MatMul BiasAdd"),
    ],
)
def test_what_one_side_spells_out_is_the_same_job(torch: str, tensorflow: str) -> None:
    assert only(torch, tensorflow) == {"torch": {}, "tensorflow": {}}


@pytest.mark.parametrize(
    ("torch", "tensorflow", "expected"),
    [
        ("aten.layer_norm", f"{NORM} Tanh", ({}, {"tanh": 1})),
        ("aten.layer_norm aten.relu", NORM, ({"relu": 1}, {})),
        ("aten.gelu", "Mul Mul Tanh AddV2 Mul", ({"gelu": 1}, {"mul": 3, "tanh": 1, "add": 1})),
        ("aten.linear", "MatMul AddV2 Reshape AddV2", ({}, {"add": 1})),
    ],
)
def test_what_differs_beside_the_same_job_is_seen(torch: str, tensorflow: str, expected: tuple) -> None:
    assert tuple(only(torch, tensorflow).values()) == expected


def test_a_layer_of_one_side_alone_is_part_of_what_is_around_it() -> None:
    itself = next(row for row in rows(SEEN) if not row.name)
    assert itself.parts["tensorflow"].inner == ("act",)
    assert itself.only == {"torch": {}, "tensorflow": {}}


def test_other_parameters_and_shapes_differ() -> None:
    layers = (*TENSORFLOW.layers[:1], replace(TENSORFLOW.layers[1], parameters=41), *TENSORFLOW.layers[2:])
    graph = Graph(tuple(replace(one, shape=(5, 8)) for one in TENSORFLOW.graphs["graph"].nodes))
    row = rows({"torch": TORCH, "tensorflow": replace(TENSORFLOW, layers=layers, graphs={"graph": graph})})[1]
    assert row.name == "hidden"
    assert row.shapes == "other"
    assert row.differs
    assert tables.layer_table([row])["Parameters"].tolist() == ["40 and 41"]
    assert tables.layer_table([row])["Output"].tolist() == ["4 × 8 and 5 × 8: another shape"]


def test_groups_that_keras_has_only_in_names_are_shared() -> None:
    seen = {
        "torch": replace(
            TORCH,
            layers=(replace(TORCH.layers[0]), replace(TORCH.layers[1], name="a"), replace(TORCH.layers[1], name="a.b")),
            graphs={"graph": Graph((node("r", "aten.relu", "a"), node("l", "aten.linear", "a.b")))},
        ),
        "tensorflow": replace(
            TENSORFLOW,
            layers=(replace(TENSORFLOW.layers[0]), replace(TENSORFLOW.layers[3], name="a.relu")),
            graphs={"graph": Graph((node("r", "Relu", "a.relu"),))},
        ),
    }
    (row,) = rows(seen)
    assert row.name == "a"
    assert row.only == {"torch": {"matrix product": 1}, "tensorflow": {}}


def test_the_headline_counts_layers_and_parameters() -> None:
    assert tables.headline(rows(SEEN)) == (
        "2 of 3 layers do the same operations on both sides; both have 56 trainable parameters."
    )


def test_the_search_takes_every_word() -> None:
    nodes = TENSORFLOW.graphs["graph"].nodes
    assert [one.op for one in found(nodes, "HIDDEN bias")] == ["BiasAdd"]
    assert found(nodes, "hidden relu") == []


def test_counts_edges_and_listing() -> None:
    graph = TORCH.graphs["graph"]
    assert graph.counts() == {"parameter": 2, "aten.layer_norm": 1, "aten.linear": 1, "aten.relu_": 1, "input": 1}
    assert len(graph.edges()) == 5
    assert "linear = aten.linear(x, w, b)  # 4 × 8 float32 hidden" in graph.listing()


def test_a_box_for_each_operation() -> None:
    nodes = dot.without_weights(TORCH.graphs["graph"].nodes)
    text = dot.operations([*nodes, node('a"b\\', "op", "hidden", None, "linear gone")], {"relu"}, COLOURS)
    assert text.count("tooltip=") == 5
    assert '"relu" [label="aten.relu_\\n4 × 8 float32", tooltip="relu", fillcolor="#found"]' in text
    assert '"linear" -> "norm";' in text
    assert '"linear" -> "a\\"b\\\\";' in text
    assert "gone" not in text
    assert text.count("subgraph") == 2


def test_a_box_for_each_layer() -> None:
    nodes = TENSORFLOW.graphs["graph"].nodes
    text = dot.layers(nodes, {"net/norm/Transpose"}, COLOURS)
    assert text.count("tooltip=") == 4
    assert re.findall(r'label="(.*?)"', text) == [
        "outside of layers\\ninput",
        "hidden\\nReadVariableOp, MatMul, BiasAdd",
        "norm\\nconstant, Transpose",
        "act\\nRelu",
    ]
    assert text.count("#found") == 1
    assert re.findall(r'"group (\d)" -> "group (\d)"', text) == [("0", "1"), ("1", "2"), ("2", "3")]


def test_a_result_is_of_the_network_and_not_of_its_training(tmp_path) -> None:
    store = Store(tmp_path)
    same = Request.build(RunConfig.build({"epochs": 3, "optimizer": "sgd", "threads": 2}), training=True)
    assert same.folder(store) == REQUEST.folder(store)
    for fields in ({"batch_size": 7}, {"network": "logistic"}, {"network_options": {"depth": 2}}):
        assert Request.build(RunConfig.build(fields), training=True).folder(store) != REQUEST.folder(store)
    assert Request.build(RunConfig.build({}), training=False).folder(store) != REQUEST.folder(store)


def test_of_what_is_matched_only_layers_count(tmp_path) -> None:
    fields = {"network": "lstm", "policy": "defaults", "optimizer": "adamw"}
    run = RunConfig.build(fields | {"matched_defaults": ["weight_decay", "lstm_bias"]})
    assert Request.build(run, True).config.matched_defaults == ("lstm_bias",)
    other = Request.build(RunConfig.build(fields), True)
    assert other.folder(Store(tmp_path)) != Request.build(run, True).folder(Store(tmp_path))


def test_a_result_is_read_again(tmp_path) -> None:
    store = Store(tmp_path)
    assert read(REQUEST, store) is None
    told.write(store, REQUEST)
    assert read(REQUEST, store) == SEEN


@pytest.mark.parametrize("damage", ["{}", "half", "a graph less"])
def test_damage_is_a_sentence(tmp_path, damage: str) -> None:
    store = Store(tmp_path)
    told.write(store, REQUEST)
    path = REQUEST.folder(store) / "torch.json"
    fields = json.loads(path.read_text())
    del fields["graphs"][next(iter(VIEWS["torch"]))]
    path.write_text(json.dumps(fields) if damage == "a graph less" else damage)
    with pytest.raises(TaskError, match="is damaged; draw the graphs again"):
        read(REQUEST, store)
