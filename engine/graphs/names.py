"""Which layer an operation belongs to, by its name's path."""

import re
from collections.abc import Collection

_NUMBER = re.compile(r"_\d+$")  # TensorFlow numbers a scope that is entered again


def layer_of(path: str, layers: Collection[str]) -> str:
    """The innermost of `layers` (dotted) on a path like `sequential_1/hidden1_1/MatMul`; empty where there is none.

    Parts that are no layer, such as a loop, are passed over.
    """
    layer = ""
    for part in path.split("/"):
        for name in (part, _NUMBER.sub("", part)):
            inner = f"{layer}.{name}" if layer else name
            if inner in layers:
                layer = inner
                break
    return layer
