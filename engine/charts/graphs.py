"""The graphs of both frameworks in words and tables: what is matched layer by layer, and the operations one by one."""

from collections.abc import Iterable, Mapping

import pandas as pd

from engine.config import FRAMEWORKS, NAMES
from engine.graphs.difference import Row
from engine.graphs.graph import Graph, Node, shape_words
from engine.quantities import count

ITSELF = "(outside of layers)"
# How the shapes of both compare, where that is worth a word.
SHAPES = {"other order": "axes in another order", "other": "another shape"}


def headline(rows: list[Row]) -> str:
    """How many layers do the same, and whether the parameters agree."""
    same = sum(not row.differs for row in rows)
    numbers = [sum(row.parts[side].parameters for row in rows) for side in FRAMEWORKS]
    agree = f"both have {count(numbers[0], 'trainable parameter')}"
    other = " and ".join(
        f"{NAMES[side]} has {count(of, 'parameter')}" for side, of in zip(FRAMEWORKS, numbers, strict=True)
    )
    return (
        f"{same} of {count(len(rows), 'layer')} {'does' if same == 1 else 'do'} the same operations on both sides; "
        f"{agree if numbers[0] == numbers[1] else other}."
    )


def layer_table(rows: Iterable[Row]) -> pd.DataFrame:
    """A row per layer: operations, shapes and parameters of both sides, and what only one of them does."""
    return pd.DataFrame(
        [
            {"Layer": row.name or ITSELF}
            | {NAMES[side]: _operations(row, side) for side in FRAMEWORKS}
            | {"Output": _shapes(row), "Parameters": _parameters(row)}
            | {f"Only in {NAMES[side]}": counted(row.only[side]) for side in FRAMEWORKS}
            for row in rows
        ]
    ).set_index("Layer")


def _operations(row: Row, side: str) -> str:
    part = row.parts[side]
    inner = f" (with its {', '.join(part.inner)})" if part.inner else ""
    return (counted({name.removeprefix("aten."): of for name, of in part.operations.items()}) or "none") + inner


def _shapes(row: Row) -> str:
    first, second = (shape_words(row.parts[side].shape) for side in FRAMEWORKS)
    if first == second or not (first and second):
        return first or second
    return f"{first} and {second}: {SHAPES[row.shapes]}"


def _parameters(row: Row) -> str:
    return " and ".join(dict.fromkeys(f"{row.parts[side].parameters:,}" for side in FRAMEWORKS))


def counted(counts: Mapping[str, int]) -> str:
    """`2 × reshape, bias`."""
    return ", ".join(f"{of} × {name}" if of > 1 else name for name, of in counts.items())


def counts_table(graph: Graph) -> pd.DataFrame:
    """How many nodes each operation has, the most frequent first."""
    counts = graph.counts()
    return pd.DataFrame({"Operation": list(counts), "Count": list(counts.values())}).set_index("Operation")


def node_table(nodes: Iterable[Node]) -> pd.DataFrame:
    """A row per node."""
    columns = ["Operation", "Layer", "Output", "Type", "Name", "Inputs", "Within"]
    return pd.DataFrame(
        [
            (one.op, one.layer, shape_words(one.shape), one.dtype, one.name, ", ".join(one.inputs), one.scope)
            for one in nodes
        ],
        columns=columns,
    )
