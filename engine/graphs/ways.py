"""The ways to run a function whose branch depends on a tensor: what each is, what to notice, and its code."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FUNCTION = "step"


@dataclass(frozen=True)
class Way:
    """One function of both twins by its name, and what happens on each side, a sentence or two."""

    name: str
    title: str
    torch: str
    tensorflow: str


WAYS = (
    Way(
        "eager",
        "Eager",
        "Python takes the branch anew at every call.",
        "Python takes the branch anew at every call.",
    ),
    Way(
        "compiled",
        "Compiled",
        "Dynamo breaks the graph at the branch: it compiles what is before it and what is behind it, and lets Python "
        "decide between them at every call.",
        "AutoGraph makes an operation of the branch, so that one graph holds both sides.",
    ),
    Way(
        "in_one_graph",
        "Compiled, in one graph at any price",
        "With fullgraph=True there may be no break, so the branch is an error.",
        "Without AutoGraph the branch is Python's, which cannot decide on a tensor that has no value yet.",
    ),
    Way(
        "exported",
        "Exported",
        "An exported program holds no Python that could decide, so the branch is an error that says where it stands.",
        "A SavedModel holds the graph with both sides of the branch.",
    ),
    Way(
        "keeps_a_branch",
        "A trace that keeps one branch",
        "torch.jit.trace warns once, and then gives wrong numbers for inputs that take the other branch.",
        "A branch on a Python value, here one that a closure holds, is taken while tracing: no warning, wrong numbers.",
    ),
    Way(
        "python_value",
        "A branch on a Python value that is an argument",
        "Dynamo guards the value: another one compiles again, and from the second on the number becomes a symbol, "
        "so that only another branch compiles again.",
        "Each Python value is a signature of its own: every new one is traced again.",
    ),
    Way(
        "side_effect",
        "A side effect: print",
        "Dynamo breaks the graph at the print, so that it happens at every call.",
        "A print belongs to no graph: it happens only while the function is traced, once for each new shape.",
    ),
    Way(
        "mended",
        "Mended: a branch that both can see",
        "torch.cond takes both sides as functions and stays in one graph.",
        "tf.cond takes both sides as functions and needs no AutoGraph.",
    ),
)


def code(name: str, side: str) -> str:
    """The source of one function of a twin: the text that runs."""
    return _functions(side)[name]


@cache
def text(side: str) -> str:
    """The whole twin."""
    return Path(__file__).with_name(f"branches_{side}.py").read_text(encoding="utf-8")


@cache
def _functions(side: str) -> dict[str, str]:
    body = ast.parse(text(side)).body
    return {
        node.name: ast.get_source_segment(text(side), node) or "" for node in body if isinstance(node, ast.FunctionDef)
    }
