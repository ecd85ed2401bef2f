"""The protocol as a whole, on clocks made by hand: a thing against itself, and against a slower one."""

import re

import pytest

from benchmarks.protocol import (
    BLIND,
    FALSE_ALARMS,
    FOUND,
    by_chance,
    lines_of,
    one_against_itself,
    share_of,
    simulated,
)
from engine.bench.results import results
from engine.charts.speed_doubts import doubts
from tests import benchmark_stories

SETS = 300


@pytest.mark.parametrize(("clock", "preset"), [one for one in simulated() if one != BLIND])
def test_a_thing_is_seldom_faster_than_itself(clock, preset):
    assert share_of(SETS, clock, 1.0, ("faster", "slower"), preset) <= FALSE_ALARMS


def test_only_new_processes_show_that_processes_differ():
    """In Quick they are the same in all rounds, so its interval is one for this pair of them."""
    assert share_of(SETS, BLIND[0], 1.0, ("faster", "slower"), BLIND[1]) > 5 * FALSE_ALARMS
    assert share_of(SETS, BLIND[0], 1.05, ("faster",), "thorough") >= FOUND


def test_some_false_alarms_of_real_runs_are_chance():
    assert [by_chance(times) for times in (0, 1, 10, 20)] == [0, 1, 2, 3]


@pytest.mark.parametrize("clock", ["quiet", "drifting"])
def test_a_slowdown_is_found_in_quiet_and_in_drift(clock):
    """A drift weighs on both cases alike, for each round goes there and back."""
    assert share_of(SETS, clock, 1.05, ("faster",)) >= FOUND


@pytest.mark.parametrize(("clock", "preset"), [one for one in simulated() if one != BLIND])
def test_what_is_slower_is_never_called_faster(clock, preset):
    assert share_of(SETS, clock, 1.05, ("slower",), preset) < 0.01


def test_a_quiet_thing_is_the_same_as_itself():
    assert share_of(SETS, "quiet", 1.0, ("same",)) > 0.9


@pytest.mark.parametrize(("clock", "said"), [("drifting", "slower from the first round"), ("bimodal", "two speeds")])
def test_an_odd_clock_is_said(clock, said):
    plan = one_against_itself()
    odd = [" ".join(doubts(plan, results(plan, lines_of(plan, clock, seed)))) for seed in range(20)]
    assert sum(said in text for text in odd) >= 15


def test_two_speeds_are_told_apart():
    plan = one_against_itself()
    odd = [" ".join(doubts(plan, results(plan, lines_of(plan, "bimodal", seed)))) for seed in range(20)]
    told = [pair for text in odd for pair in re.findall(r"two speeds, (\S+ \S+) and (\S+ \S+):", text)]
    assert told
    assert all(low != high for low, high in told)


def test_swapped_memory_widens_every_interval():
    plan = one_against_itself()
    told = benchmark_stories.lines(plan, [1e-3, 1.02e-3], wobble=0.02)
    quiet = results(plan, told).pairs[0]
    disturbed = [line | {"swapped_bytes": 4096} if line["type"] == "state" else line for line in told]
    found = results(plan, disturbed)
    wider = found.pairs[0]
    assert wider.high / wider.low > 1.5 * quiet.high / quiet.low - 0.5
    assert wider.low < quiet.low < quiet.high < wider.high
    assert any("swapped" in sentence for sentence in doubts(plan, found))
