"""One line of an events.jsonl back to its event: a line that is not one of ours is refused."""

import math
import re
from collections.abc import Callable, Collection, Mapping
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from pydantic_core import from_json

from engine.events import CLASSES, SCHEMA, Event, Started


def _kinds(hint: Any) -> tuple[type, ...]:
    """What JSON may hold for a field annotated `hint`."""
    if isinstance(hint, UnionType):
        return tuple(kind for part in get_args(hint) for kind in _kinds(part))
    plain = get_origin(hint) or hint
    return {float: (float, int), tuple: (list,), Mapping: (dict,)}.get(plain, (plain,))


def _part(hint: Any) -> Any:
    """Of what the parts of a list or an object are; None for anything else."""
    parts = get_args(hint)
    return {tuple: parts[:1], Mapping: parts[1:]}.get(get_origin(hint), (None,))[0]


def _hints(kind: type[Event]) -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(kind).items() if name != "type"}


KINDS = {kind: {name: _kinds(hint) for name, hint in _hints(kind).items()} for kind in CLASSES.values()}
OTHER_NUMBERS = (float, float | None, int | None)
TIME = re.compile("time|(.*_)?seconds")
# Steps and times, which are from 0 on; and other numbers, of which some may be null.
COUNTS = {
    kind: [name for name, hint in _hints(kind).items() if hint is int or (hint is float and TIME.fullmatch(name))]
    for kind in CLASSES.values()
}
NUMBERS = {
    kind: [name for name, hint in _hints(kind).items() if hint in OTHER_NUMBERS and name not in counts]
    for kind, counts in COUNTS.items()
}
LARGEST = 2**53  # as a float still a whole number


def _are_numbers(values: Collection[Any]) -> bool:
    """Whether each is a finite number that a curve can take, or null; of a million losses in some milliseconds."""
    found = set(map(type, values))
    if not found <= {float, int, NoneType}:
        return False
    if int in found and not all(type(value) is not int or abs(value) < LARGEST for value in values):
        return False
    # A sum that is finite is one of finite numbers, and quicker; large ones may add up to infinity.
    return math.isfinite(sum(filter(None, values))) or all(map(math.isfinite, filter(None, values)))


def _all_of(kind: type) -> Callable[[Collection[Any]], bool]:
    return lambda values: set(map(type, values)) <= {kind} and (kind is not int or _are_numbers(values))


PARTS: dict[Any, Callable[[Collection[Any]], bool]] = {
    float: lambda values: _are_numbers(values) and None not in values,
    float | None: _are_numbers,
    tuple[float, float, tuple[int, ...]]: lambda values: all(map(_is_histogram, values)),
    **{kind: _all_of(kind) for kind in (int, str, bool)},
}  # what a list or an object may hold, by the annotation of its parts
HOLD = {
    kind: {name: PARTS[part] for name, hint in _hints(kind).items() if (part := _part(hint))}
    for kind in CLASSES.values()
}


def _is_histogram(bins: Any) -> bool:
    low, high, counts = bins
    return PARTS[float]((low, high)) and PARTS[int](counts)


def _holds(kind: type[Event], fields: Mapping[str, Any]) -> bool:
    """Whether the fields, each of the right type, hold what such an event can: no negative step, no text for a loss."""
    if not all(0 <= fields.get(name, 0) < LARGEST for name in COUNTS[kind]):
        return False
    if NUMBERS[kind] and not _are_numbers([fields.get(name) for name in NUMBERS[kind]]):
        return False
    for name, hold in HOLD[kind].items():
        if name in fields and not hold(fields[name].values() if isinstance(fields[name], dict) else fields[name]):
            return False
    return kind is not Started or fields["steps_per_epoch"] > 0


def from_line(line: str | bytes) -> Event:
    """The event of one line. Raises ValueError when the line is not one of ours, as one with NaN or infinity."""
    try:
        fields: dict[str, Any] = from_json(line)  # faster than json.loads, which a million losses feel
    except ValueError:
        raise ValueError(f"not JSON: {_shown(line)}") from None
    try:
        kind = CLASSES[fields.pop("type")]
        if all(isinstance(value, KINDS[kind][name]) for name, value in fields.items()) and _holds(kind, fields):
            return kind(**fields)
        why = f"not an event of schema {SCHEMA}" if _finite(fields) else "a number in it is not finite"
    except (KeyError, TypeError, ValueError, AttributeError):
        why = f"not an event of schema {SCHEMA}"
    raise ValueError(f"{why}: {_shown(line)}")


def _finite(value: Any) -> bool:
    """Whether every number in it is; nothing that JSON gave is nested too deep for this."""
    if isinstance(value, dict | list):
        return all(map(_finite, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


def _shown(line: str | bytes) -> str:
    """Its beginning, with nothing in it that a terminal would obey."""
    return repr(line[:80].decode(errors="replace") if isinstance(line, bytes) else line[:80])
