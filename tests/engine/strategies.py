"""What hypothesis draws for the tests of the engine: any event, any log of a side."""

from collections.abc import Mapping
from dataclasses import fields
from typing import get_type_hints

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from engine import events
from engine.event_lines import COUNTS, LARGEST

# Machines that train beside the tests are slow, and that is no fault of a test.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

finite = st.floats(allow_nan=False, allow_infinity=False)
whole = st.integers(1 - LARGEST, LARGEST - 1)
natural = st.integers(0, LARGEST - 1)
FIELDS = {
    int: natural,
    int | None: st.none() | natural,
    tuple[int, ...]: st.lists(whole, max_size=5).map(tuple),
    float: finite,
    float | None: st.none() | finite,
    tuple[float | None, ...]: st.lists(st.none() | finite, max_size=5).map(tuple),
    tuple[float, ...]: st.lists(finite, max_size=5).map(tuple),
    Mapping[str, int]: st.dictionaries(st.text(max_size=8), whole, max_size=3),
    Mapping[str, bool]: st.dictionaries(st.text(max_size=8), st.booleans(), max_size=3),
    Mapping[str, str]: st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
    Mapping[str, float | None]: st.dictionaries(st.text(max_size=8), st.none() | finite, max_size=3),
    Mapping[str, tuple[float, float, tuple[int, ...]]]: st.dictionaries(
        st.text(max_size=8), st.tuples(finite, finite, st.lists(natural, max_size=4).map(tuple)), max_size=2
    ),
}


def event(kind: type[events.Event]) -> st.SearchStrategy[events.Event]:
    """Any event of one class."""
    hints = get_type_hints(kind)
    drawn = {item.name: FIELDS.get(hints[item.name], st.from_type(hints[item.name])) for item in fields(kind)}
    times = [name for name in COUNTS[kind] if hints[name] is float]
    drawn |= dict.fromkeys(times, st.floats(0, LARGEST, exclude_max=True))
    if kind is events.Started:
        drawn["steps_per_epoch"] = st.integers(1, LARGEST - 1)
    return st.builds(kind, **drawn)


@st.composite
def side_logs(draw: st.DrawFn) -> list[events.Event]:
    """The events of a side that was resumed now and then: each part goes on at or before the step it had reached."""
    told: list[events.Event] = []
    reached = 0
    for attempt in range(draw(st.integers(1, 3))):
        told.append(events.Started("torch", "2", "cpu", "cpu", 1, 25, "net", 10, 5, 4, 100, 0.1, 0.1, 0.0))
        if attempt:
            reached = draw(st.integers(0, reached))
            told.append(events.Resumed(reached, 0.0))
        for count in draw(st.lists(st.integers(1, 6), max_size=4)):
            told.append(
                events.Steps(reached, tuple(attempt + step / 100 for step in range(reached, reached + count)), 0.1)
            )
            reached += count
            told += draw(st.sampled_from([[], [events.Epoch(1, reached, {})], [events.Gradient(reached, 1.0)]]))
        told += draw(st.sampled_from([[], [events.Stopped(reached, 0.0)], [events.Paused(reached, 0.0)]]))
    return told
