"""A graph as either framework or a compiler has it: nodes that name their inputs, each of one layer of the network."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

# What is looked at of each side, its title and what it is; the first is what the model diff compares.
VIEWS: dict[str, dict[str, tuple[str, str]]] = {
    "torch": {
        "graph": ("FX graph", "What torch.export records of the forward pass: a graph of ATen operators."),
        "tape": (
            "Autograd tape",
            "What eager execution keeps for the backward pass: the grad_fn of the outputs, and all behind it. "
            "Each node is a backward function; it is drawn in the order of the forward pass.",
        ),
        "captured": (
            "Dynamo's graph",
            "What torch.compile captures of the Python code: one graph for each stretch between breaks.",
        ),
        "lowered": (
            "Inductor's graph",
            "What AOTAutograd makes of it for the compiler Inductor: taken apart into smaller operators, and in "
            "training the backward pass as a graph of its own.",
        ),
    },
    "tensorflow": {
        "graph": ("Concrete function", "What tf.function traces: a graph of TensorFlow's operations."),
        "tape": (
            "Eager tape",
            "The operations that eager execution runs under a GradientTape and that the tape keeps, because a "
            "variable that is watched stands behind them.",
        ),
        "captured": ("XLA HLO", "The same function as tf2xla hands it to XLA, before any optimisation."),
        "lowered": ("Optimised HLO", "What XLA makes of it for this processor, with what it fuses."),
    },
}
INPUT, PARAMETER, CONSTANT = "input", "parameter", "constant"


@dataclass(frozen=True)
class Node:
    """One operation: `layer` is dotted and empty outside of all layers, `shape` that of its first output.

    `inputs` are names of nodes. `scope` is the function or fusion that it stands in; empty for the graph itself.
    """

    name: str
    op: str
    layer: str
    shape: tuple[int, ...] | None
    dtype: str
    inputs: tuple[str, ...]
    scope: str = ""


@dataclass(frozen=True)
class Graph:
    """The nodes in the order in which they were made, the text that the framework itself prints, and what to know.

    The text is empty where the framework prints none.
    """

    nodes: tuple[Node, ...]
    text: str = ""
    notes: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many nodes each operation has, the most frequent first."""
        return dict(sorted(Counter(node.op for node in self.nodes).items(), key=lambda item: (-item[1], item[0])))

    def listing(self) -> str:
        """A line for each node, for graphs of which the framework prints no text."""
        return "\n".join(
            f"{node.name} = {node.op}({', '.join(node.inputs)})  # {shape_words(node.shape)} {node.dtype} {node.layer}"
            for node in self.nodes
        )

    def edges(self) -> list[tuple[str, str]]:
        """From and to, by name, where both are in the graph."""
        known = {node.name for node in self.nodes}
        return [(source, node.name) for node in self.nodes for source in node.inputs if source in known]


@dataclass(frozen=True)
class Layer:
    """One layer of the network, its class, and how many trainable numbers are its own, not those of layers in it."""

    name: str
    kind: str
    parameters: int


@dataclass(frozen=True)
class Seen:
    """Everything that one side shows of a network."""

    version: str
    layers: tuple[Layer, ...]
    graphs: dict[str, Graph]


def as_fields(seen: Seen) -> dict[str, Any]:
    """For JSON."""
    return asdict(seen)


def from_fields(told: dict[str, Any]) -> Seen:
    """The way back. Raises KeyError and TypeError where something is missing."""
    layers = tuple(Layer(**layer) for layer in told["layers"])
    return Seen(told["version"], layers, {view: _graph(graph) for view, graph in told["graphs"].items()})


def _graph(told: dict[str, Any]) -> Graph:
    return Graph(tuple(_node(node) for node in told["nodes"]), told["text"], tuple(told["notes"]))


def _node(told: dict[str, Any]) -> Node:
    shape = None if told["shape"] is None else tuple(told["shape"])
    return Node(**told | {"shape": shape, "inputs": tuple(told["inputs"])})


def found(nodes: Iterable[Node], words: str) -> list[Node]:
    """The nodes whose name, operation or layer holds every one of the words, in small or capital letters."""
    wanted = words.lower().split()
    texts = ((node, f"{node.name} {node.op} {node.layer}".lower()) for node in nodes)
    return [node for node, text in texts if all(word in text for word in wanted)]


def shape_words(shape: tuple[int, ...] | None) -> str:
    """`32 × 128`; `scalar` for one number, nothing where no shape is known."""
    if shape is None:
        return ""
    return " × ".join(map(str, shape)) or "scalar"
