"""Graphs that no framework made: a small network as both sides might show it."""

import json
from dataclasses import replace

from engine.config import FRAMEWORKS
from engine.graphs import branches
from engine.graphs.graph import CONSTANT, INPUT, PARAMETER, VIEWS, Graph, Layer, Node, Seen, as_fields
from engine.graphs.request import Request
from engine.graphs.ways import WAYS
from engine.runs import Store


def node(name: str, op: str, layer: str = "", shape: tuple | None = (4, 8), inputs: str = "", scope: str = "") -> Node:
    """Inputs are names with spaces between."""
    return Node(name, op, layer, shape, "float32", tuple(inputs.split()), scope)


TORCH = Seen(
    "2.9",
    (Layer("", "Sequential", 0), Layer("hidden", "Linear", 40), Layer("norm", "LayerNorm", 16)),
    {
        "graph": Graph(
            (
                node("x", INPUT, shape=(4, 4)),
                node("w", PARAMETER, "hidden"),
                node("b", PARAMETER, "hidden"),
                node("linear", "aten.linear", "hidden", (4, 8), "x w b"),
                node("norm", "aten.layer_norm", "norm", (4, 8), "linear"),
                node("relu", "aten.relu_", "", (4, 8), "norm"),
            ),
            "def forward(self, x): ...",
        )
    },
)
TENSORFLOW = Seen(
    "2.21",
    (
        Layer("", "Functional", 0),
        Layer("hidden", "Dense", 40),
        Layer("norm", "LayerNormalization", 16),
        Layer("act", "ReLU", 0),
    ),
    {
        "graph": Graph(
            (
                node("x", INPUT, shape=(4, 4)),
                node("net/hidden/w", "ReadVariableOp", "hidden", (4, 8)),
                node("net/hidden/MatMul", "MatMul", "hidden", (4, 8), "x net/hidden/w"),
                node("net/hidden/BiasAdd", "BiasAdd", "hidden", (4, 8), "net/hidden/MatMul"),
                node("net/norm/perm", CONSTANT, "norm", (2,)),
                node("net/norm/Transpose", "Transpose", "norm", (8, 4), "net/hidden/BiasAdd net/norm/perm"),
                node("net/act/Relu", "Relu", "act", (8, 4), "net/norm/Transpose"),
            )
        )
    },
)
SEEN = {
    side: replace(one, graphs=dict.fromkeys(VIEWS[side], one.graphs["graph"]))
    for side, one in (("torch", TORCH), ("tensorflow", TENSORFLOW))
}


def write(store: Store, request: Request, seen: dict[str, Seen] = SEEN) -> None:
    """The result of a request."""
    folder = request.folder(store)
    folder.mkdir(parents=True)
    (folder / "request.json").write_text("{}")
    for side, one in seen.items():
        (folder / f"{side}.json").write_text(json.dumps(as_fields(one)))


def write_branches(store: Store, **answer: object) -> None:
    """Every way of running a branch came out alike on both sides, or as `answer` says."""
    folder = branches.Request().folder(store)
    folder.mkdir(parents=True)
    (folder / "request.json").write_text("{}")
    outcome = {"printed": "p", "kind": "", "message": ""}
    for side in FRAMEWORKS:
        told = {"version": "9", "ways": {way.name: outcome for way in WAYS}} | answer
        (folder / f"{side}.json").write_text(json.dumps(told))
