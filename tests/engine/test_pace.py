"""What is taken now and then: how far apart, and how much of the time."""

from itertools import pairwise

import pytest

from engine.pace import Pace


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def taken_at(costs):
    """When something was taken over 60 s that may be taken three times in a second, and costs so much."""
    clock, found = Clock(), []
    pace = Pace(clock, 1 / 3, 0.005, at_once=True)
    while clock.now < 60:
        if pace.due(clock.now):
            found.append(clock.now)
            with pace.measured():
                clock.now += costs
        clock.now += 0.01
    return found


@pytest.mark.parametrize("cost", [0.0, 0.0005, 0.0015])
def test_what_costs_little_is_taken_as_often_as_it_may(cost):
    found = taken_at(cost)
    apart = [later - earlier for earlier, later in pairwise(found)]
    assert found[0] == 0.0
    assert 1 / 3 <= min(apart) <= max(apart) < 1 / 3 + 0.02


@pytest.mark.parametrize("cost", [0.005, 0.025, 0.1])
def test_what_costs_much_takes_its_share_of_the_time(cost):
    found = taken_at(cost)
    first, *later = [after - before for before, after in pairwise(found)]
    assert first < 0.6  # the first time is no measure
    assert min(later) >= 200 * cost
    assert max(later) < 201 * cost + 0.02


def test_a_single_slow_time_is_no_measure():
    """The first may trace, a later one may be stalled; a second one tells."""
    clock = Clock()
    pace = Pace(clock, 2.0, 0.005)
    assert not pace.due(1.99)
    assert pace.due(2.0)
    for cost, wait in ((5.0, 0.0), (0.01, 2.0), (5.0, 2.0), (0.2, 40.0), (0.3, 40.0)):
        with pace.measured():
            clock.now += cost
        assert not wait or not pace.due(clock.now + wait - 0.01)
        assert pace.due(clock.now + wait + 0.01)
