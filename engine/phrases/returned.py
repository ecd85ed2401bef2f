"""What a phrase returned, as JSON can carry it, and whether two of them are the same."""

import math
import pprint
from typing import Any

import numpy as np

TOLERANCE = 1e-6  # relative; both compute in float32
WIDTH = 60  # characters of a line


def told(value: Any) -> dict[str, Any]:
    """The value as text, as plain lists and numbers, and of an array also its dtype and shape."""
    if isinstance(value, np.ndarray):
        text = np.array_repr(value, max_line_width=WIDTH, precision=6)
        return {"text": text, "value": value.tolist(), "dtype": value.dtype.name, "shape": list(value.shape)}
    return {"text": pprint.pformat(value, width=WIDTH, sort_dicts=False), "value": value, "dtype": "", "shape": []}


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether both, as `told` gives them, have the same type, shape and, within the tolerance, the same numbers."""
    kinds = ("dtype", "shape")
    return [one[kind] for kind in kinds] == [other[kind] for kind in kinds] and _near(one["value"], other["value"])


def _near(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_near(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_near, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return type(one) is type(other) and one == other
