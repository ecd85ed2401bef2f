"""XLA's text form of a program as a graph: an instruction a line, in computations of which the last is the entry."""

import re
from collections.abc import Collection, Iterator

from engine.graphs.graph import CONSTANT, INPUT, Node
from engine.graphs.names import layer_of

_COMPUTATION = re.compile(r"(?P<entry>ENTRY )?%(?P<name>\S+) \(.*\{$")
_INSTRUCTION = re.compile(r"\s+(?:ROOT )?%(?P<name>\S+) = (?P<rest>.*)")
_OPERATION = re.compile(r"(?:^| )(?P<op>[a-z][\w-]*)\((?P<inputs>.*)")
_TYPE = re.compile(r"\(?(?P<dtype>[a-z]\w*)\[(?P<shape>[\d,]*)\]")
_PATH = re.compile(r'op_name="(?P<path>[^"]*)"')
_NAMED = re.compile(r"%([\w.\-]+)")
_OPERATIONS = {"parameter": INPUT, "constant": CONSTANT}


def nodes(text: str, layers: Collection[str]) -> Iterator[Node]:
    """Each instruction, its layer by the operation of TensorFlow that it was made of.

    Names repeat from computation to computation, so those outside of the entry begin with theirs.
    """
    scope = ""
    for line in text.splitlines():
        if found := _COMPUTATION.match(line):
            scope = "" if found["entry"] else found["name"]
        elif found := _INSTRUCTION.match(line):
            yield _node(found["name"], found["rest"], scope, layers)


def _node(name: str, rest: str, scope: str, layers: Collection[str]) -> Node:
    before = f"{scope}/" if scope else ""
    kind = _TYPE.match(rest)
    called = _operation(rest)
    path = _PATH.search(rest)
    return Node(
        before + name,
        _OPERATIONS.get(called["op"], called["op"]),
        layer_of(path["path"], layers) if path else "",
        tuple(int(size) for size in kind["shape"].split(",") if size) if kind else None,
        kind["dtype"] if kind else "",
        tuple(before + one for one in _NAMED.findall(_within_brackets(called["inputs"]))),
        scope,
    )


def _operation(rest: str) -> re.Match[str]:
    """The first word before a bracket that is none of a type."""
    found = _OPERATION.search(rest)
    assert found, f"no instruction of HLO: {rest}"
    return found


def _within_brackets(text: str) -> str:
    """Up to the bracket that closes an open one."""
    depth = 1
    for position, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if not depth:
            return text[:position]
    return text
