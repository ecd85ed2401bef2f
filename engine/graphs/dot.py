"""A graph as text in Graphviz' language DOT: layered, with a frame around the operations of each layer, or by layer."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from engine.graphs.graph import CONSTANT, INPUT, PARAMETER, Node, shape_words

HIDEABLE = (PARAMETER, CONSTANT, "ReadVariableOp", "AccumulateGrad")  # of weights and constants
MOST_IN_LABEL = 4


@dataclass(frozen=True)
class Colours:
    """Of text and lines, of boxes, of what is searched for, and of the frames, for one theme and one framework."""

    text: str
    line: str
    box: str
    found: str
    frame: str


def without_weights(nodes: Iterable[Node]) -> list[Node]:
    """The nodes but those that only hold or read weights and constants."""
    return [node for node in nodes if node.op not in HIDEABLE]


def operations(nodes: Collection[Node], marked: Collection[str], colours: Colours) -> str:
    """Every node a box with its operation and shape, in frames by scope and layer; `marked` names stand out."""
    lines = list(_framed(nodes, marked, colours))
    known = {node.name for node in nodes}
    edges = {(source, node.name) for node in nodes for source in node.inputs if source in known}
    return _whole([*lines, *(f"{_quoted(one)} -> {_quoted(two)};" for one, two in sorted(edges))], colours)


def layers(nodes: Collection[Node], marked: Collection[str], colours: Colours) -> str:
    """Every layer a box with its operations; what is marked marks its layer."""
    place = {node.name: (node.scope, node.layer) for node in nodes}
    held: dict[tuple[str, str], list[Node]] = {}
    for node in nodes:
        held.setdefault(place[node.name], []).append(node)
    names = {group: f"group {number}" for number, group in enumerate(held)}
    lines = [
        _box(names[group], _title(group), _summary(inside), {node.name for node in inside} & set(marked), colours)
        for group, inside in held.items()
    ]
    edges = Counter(
        (names[place[source]], names[place[node.name]])
        for node in nodes
        for source in node.inputs
        if source in place and place[source] != place[node.name]
    )
    return _whole([*lines, *(f"{_quoted(one)} -> {_quoted(two)};" for one, two in sorted(edges))], colours)


def _title(group: tuple[str, str]) -> str:
    scope, layer = group
    return " · ".join(part for part in (scope, layer or "outside of layers") if part)


def _summary(nodes: list[Node]) -> str:
    """`MatMul, BiasAdd`, or the most frequent ones and how many others there are."""
    counts = Counter(node.op for node in nodes if node.op != INPUT or len(nodes) == 1)
    shown = [f"{count} × {op}" if count > 1 else op for op, count in counts.most_common(MOST_IN_LABEL)]
    rest = sum(counts.values()) - sum(count for _, count in counts.most_common(MOST_IN_LABEL))
    return ", ".join([*shown, f"{rest} more"] if rest else shown) or INPUT


def _framed(nodes: Iterable[Node], marked: Collection[str], colours: Colours) -> Iterable[str]:
    """The boxes, those of one layer of one scope in one frame; what belongs to no layer has none."""
    held: dict[tuple[str, str], list[Node]] = {}
    for node in nodes:
        held.setdefault((node.scope, node.layer), []).append(node)
    for number, (group, inside) in enumerate(held.items()):
        boxes = [_box(one.name, one.op, _given(one), one.name in marked, colours) for one in inside]
        if group == ("", ""):
            yield from boxes
            continue
        yield f"subgraph cluster_{number} {{ label={_quoted(_title(group))}; labeljust=l; style=rounded; "
        yield f'color="{colours.frame}"; fontcolor="{colours.frame}"; {" ".join(boxes)} }}'


def _given(node: Node) -> str:
    return " ".join(part for part in (shape_words(node.shape), node.dtype) if part)


def _box(name: str, first: str, second: str, marked: object, colours: Colours) -> str:
    label = f"{first}\n{second}" if second else first
    fill = colours.found if marked else colours.box
    return f'{_quoted(name)} [label={_quoted(label)}, tooltip={_quoted(name)}, fillcolor="{fill}"];'


def _whole(lines: Iterable[str], colours: Colours) -> str:
    style = (
        f'bgcolor="transparent"; fontname="sans-serif"; fontsize=11; nodesep=0.2; ranksep=0.3; newrank=true; '
        f'node [shape=box, style="filled,rounded", fontname="sans-serif", fontsize=11, height=0.3, margin="0.12,0.05", '
        f'color="{colours.line}", fontcolor="{colours.text}"]; edge [color="{colours.line}", arrowsize=0.6];'
    )
    return "\n".join(["digraph {", style, *lines, "}"])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
