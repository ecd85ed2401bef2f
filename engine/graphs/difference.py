"""The model diff: layer by layer, what PyTorch's FX graph and TensorFlow's concrete function do, and only one does."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from engine.graphs.fused import apart
from engine.graphs.graph import CONSTANT, INPUT, PARAMETER, Graph, Layer, Node, Seen

KEEPING = (INPUT, PARAMETER, CONSTANT, "ReadVariableOp", "Identity", "NoOp")  # which compute nothing
# What an operation does, in words that both frameworks share; one that no rule names does what its name says.
DOES = {
    r"linear": ("matrix product", "bias"),
    r"conv2d": ("convolution", "bias"),
    r"conv_transpose2d": ("transposed convolution", "bias"),
    r"conv2dbackpropinput": ("transposed convolution",),
    r"matmul|mm": ("matrix product",),
    r"biasadd": ("bias",),
    r"add|addv2": ("add",),
    r"relu": ("relu",),
    r"max_?pool(2d)?": ("max pooling",),
    r"transpose|permute|numpy_t": ("transpose",),
    # Only a shape or a dtype is changed, or a value kept: that does no job.
    r"reshape|view|flatten|unflatten|squeeze|expanddims|unsqueeze": (),
    r"cast|to|_to_copy|_assert_tensor_metadata": (),
    r"assignvariableop|stopgradient": (),
    r"embedding|gatherv2|resourcegather": ("look-up",),
    r"select|stridedslice|slice|getitem": ("slice",),
    r"fill|zeros|ones|full": ("fill",),
    r"arange|range": ("range",),
    r"scaled_dot_product_attention": ("attention",),
    r"__xor|bitwisexor": ("xor",),
    r"__or|bitwiseor": ("or",),
    r"__and|bitwiseand": ("and",),
    r"__rshift|rightshift": ("shift",),
    r"ge|greaterequal": ("greater or equal",),
}
WITH_BIAS = 3  # inputs of a product: what comes in, weight and bias


@dataclass(frozen=True)
class Part:
    """What one side has of a layer: its operations with their counts, where they compute something.

    `shape` is that of what it gives to other layers, None where it gives nothing; `inner` are layers of this side's
    own that stand in it.
    """

    operations: dict[str, int]
    shape: tuple[int, ...] | None
    parameters: int
    inner: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One layer that both sides have, with what is done on one side alone; the name of the network itself is empty."""

    name: str
    parts: dict[str, Part]
    only: dict[str, dict[str, int]]

    @property
    def shapes(self) -> str:
        """How the shapes of what both give compare: `same`, `other order`, `other`, or nothing to compare."""
        first, second = (part.shape for part in self.parts.values())
        if first is None or second is None:
            return ""
        if first == second:
            return "same"
        return "other order" if sorted(first) == sorted(second) else "other"

    @property
    def differs(self) -> bool:
        """Whether anything but the order of axes is not the same."""
        first, second = (part.parameters for part in self.parts.values())
        return first != second or self.shapes == "other" or any(self.only.values())


def rows(seen: dict[str, Seen]) -> list[Row]:
    """The layers that both sides have, in PyTorch's order; what only one has is part of the layer around it."""
    shared = _shared({side: one.layers for side, one in seen.items()})
    owned = {side: _owned(one, shared) for side, one in seen.items()}
    found = []
    for name in shared:
        parts = {side: owned[side][name] for side in seen}
        if any(part.operations or part.parameters for part in parts.values()):
            found.append(Row(name, parts, _only(name, seen, shared)))
    return found


def does(node: Node) -> tuple[str, ...]:
    """What an operation does, in words of both frameworks."""
    if node.op in KEEPING:
        return ()
    name = node.op.rpartition(".")[2].lower().rstrip("_")  # of PyTorch's operators that change their input
    for pattern, words in DOES.items():
        if re.fullmatch(pattern, name):
            bare = not node.op.startswith("aten.") or len(node.inputs) < WITH_BIAS
            return words[:1] if bare else words
    return (name,)


def _shared(layers: dict[str, tuple[Layer, ...]]) -> list[str]:
    """Names that both sides have, also those of groups such as stage1.block1, which Keras has only in its names."""
    names = [dict.fromkeys(group for layer in side for group in _groups(layer.name)) for side in layers.values()]
    return [name for name in names[0] if name in names[1]]


def _groups(name: str) -> list[str]:
    """`stage1.block1.conv1` is in the network, in stage1 and in stage1.block1."""
    parts = name.split(".") if name else []
    return [".".join(parts[:end]) for end in range(len(parts) + 1)]


def _within(name: str, shared: Iterable[str]) -> str:
    """The innermost shared layer that a layer is, or is in."""
    return [group for group in _groups(name) if group in shared][-1]


def _owned(seen: Seen, shared: list[str]) -> dict[str, Part]:
    graph = seen.graphs["graph"]
    parameters: Counter[str] = Counter()
    inner: dict[str, list[str]] = {name: [] for name in shared}
    for layer in seen.layers:
        within = _within(layer.name, shared)
        parameters[within] += layer.parameters
        if within != layer.name:
            inner[within].append(layer.name.removeprefix(f"{within}."))
    return {
        name: Part(
            dict(Counter(node.op for node in _of(graph, name, shared) if node.op not in KEEPING)),
            _given(graph, name, shared),
            parameters[name],
            tuple(inner[name]),
        )
        for name in shared
    }


def _of(graph: Graph, name: str, shared: list[str]) -> list[Node]:
    return [node for node in graph.nodes if _within(node.layer, shared) == name]


def _given(graph: Graph, name: str, shared: list[str]) -> tuple[int, ...] | None:
    """The shape of the last that a layer computes and another one takes, or that nobody takes."""
    own = {node.name for node in _of(graph, name, shared)}
    inside = {source for node in graph.nodes if node.name in own for source in node.inputs}
    outside = {source for node in graph.nodes if node.name not in own for source in node.inputs}
    given = [
        node for node in graph.nodes if node.name in own and node.op not in KEEPING and not node.scope and node.shape
    ]
    taken = [node for node in given if node.name in outside] or [node for node in given if node.name not in inside]
    return taken[-1].shape if taken else None


def _only(name: str, seen: dict[str, Seen], shared: list[str]) -> dict[str, dict[str, int]]:
    """What each side does that the other does not: see `apart`."""
    counts = {
        side: Counter(word for node in _of(one.graphs["graph"], name, shared) for word in does(node))
        for side, one in seen.items()
    }
    first, second = seen
    return {side: dict(words) for side, words in zip(seen, apart(counts[first], counts[second]), strict=True)}
