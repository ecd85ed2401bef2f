"""Curves from events: every step kept, times, what a resume takes back, and decimation that hides no extreme."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import events
from engine.store.series import Curve, Difference, Side, bucket_size, extremes, means, peaks
from tests.engine.strategies import patient, side_logs

VALUES = st.lists(st.floats(-1e3, 1e3) | st.just(float("nan")), min_size=1, max_size=200).map(np.array)
SIZES = st.sampled_from([1, 2, 4, 8, 64])


def side_of(*said: events.Event) -> Side:
    side = Side()
    for event in said:
        side.add(event)
    return side


def test_every_step_is_kept_in_order_with_gaps_for_null() -> None:
    side = side_of(events.Steps(0, (3.0, 2.0), 0.2), events.Steps(2, (None, 1.0), 0.2))
    np.testing.assert_array_equal(side.losses.values, [3.0, 2.0, np.nan, 1.0])
    np.testing.assert_array_equal(side.losses.positions, [0, 1, 2, 3])


def test_seconds_run_on_evenly_within_an_event() -> None:
    side = side_of(events.Steps(0, (1.0,) * 4, 2.0), events.Steps(4, (1.0,) * 2, 4.0))
    np.testing.assert_allclose(side.seconds_after(np.array([0, 1, 4, 5, 6])), [0.0, 0.5, 2.0, 4.0, 6.0])


def test_a_missing_piece_of_the_log_is_a_gap_and_moves_nothing() -> None:
    side = side_of(events.Steps(0, (1.0,), 0.1), events.Steps(3, (4.0,), 0.1))
    np.testing.assert_array_equal(side.losses.values, [1.0, np.nan, np.nan, 4.0])


def test_a_resume_takes_back_all_later_steps() -> None:
    log = [
        events.Steps(0, (5.0, 4.0, 3.0, 2.0), 0.4),
        events.Epoch(1, 2, {"validation_loss": 4.5}),
        events.Epoch(2, 4, {"validation_loss": 2.5}),
        events.Resumed(3, 0.0),
        events.Steps(3, (2.1, 1.1), 0.2),
        events.Epoch(2, 4, {"validation_loss": 2.6}),
    ]
    side = side_of(*log)
    np.testing.assert_array_equal(side.losses.values, [5.0, 4.0, 3.0, 2.1, 1.1])
    np.testing.assert_array_equal(side.metrics["validation_loss"].values, [4.5, 2.6])
    np.testing.assert_allclose(side.seconds_after(np.arange(6)), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5])


@patient
@given(side_logs())
def test_a_resume_replaces_every_later_step(told) -> None:
    expected: list[float] = []
    for event in told:
        if isinstance(event, events.Resumed):
            del expected[event.from_step :]
        elif isinstance(event, events.Steps):
            expected += [np.nan if loss is None else loss for loss in event.losses]
    np.testing.assert_array_equal(side_of(*told).losses.values, expected)


def test_only_a_resume_that_takes_points_back_says_so() -> None:
    side = side_of(events.Steps(0, (1.0, 2.0), 0.1))
    side.add(events.Resumed(2, 0.0))
    assert side.rewinds == 0
    side.add(events.Resumed(1, 0.0))
    assert side.rewinds == 1


def test_a_curve_grows_far_beyond_its_first_room() -> None:
    curve = Curve()
    for first in range(0, 1000, 10):
        curve.extend(np.arange(first, first + 10), np.arange(first, first + 10) * 0.5)
    np.testing.assert_array_equal(curve.values, np.arange(1000) * 0.5)


def test_the_difference_covers_the_steps_that_both_have_done() -> None:
    first = side_of(events.Steps(0, (1.0, 2.0, None, 4.0), 0.1))
    second = side_of(events.Steps(0, (1.0, 2.5), 0.1))
    gap = Difference()
    gap.update(first.losses, second.losses)
    np.testing.assert_array_equal(gap.values, [0.0, 0.5])
    second.add(events.Steps(2, (3.0, 4.25), 0.1))
    gap.update(first.losses, second.losses)
    np.testing.assert_array_equal(gap.values, [0.0, 0.5, np.nan, 0.25])
    assert (gap.identical, gap.largest) == (1, 0.5)


@pytest.mark.parametrize(("count", "size"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (2001, 4), (1_000_000, 1024)])
def test_buckets_are_powers_of_two_and_at_most_a_thousand(count: int, size: int) -> None:
    assert bucket_size(count) == size


@patient
@given(VALUES, SIZES)
def test_no_extreme_of_a_bucket_and_no_last_point_is_lost(values: np.ndarray, size: int) -> None:
    chosen = extremes(values, size)
    assert chosen[-1] == len(values) - 1
    assert len(chosen) <= 2 * -(-len(values) // size) + 1
    for start in range(0, len(values), size):
        bucket = values[start : start + size]
        drawn = values[chosen[(chosen >= start) & (chosen < start + size)]]
        assert len(drawn) > 0
        if np.isfinite(bucket).any():
            assert np.nanmin(drawn) == np.nanmin(bucket)
            assert np.nanmax(drawn) == np.nanmax(bucket)


@patient
@given(VALUES, SIZES)
def test_peaks_and_means_are_those_of_each_bucket(values: np.ndarray, size: int) -> None:
    chosen, averages = peaks(values, size), means(values, size)
    assert len(chosen) == len(averages) == -(-len(values) // size)
    for index, average, start in zip(chosen, averages, range(0, len(values), size), strict=True):
        finite = values[start : start + size][np.isfinite(values[start : start + size])]
        if len(finite):
            assert values[index] == finite.max()
            assert average == pytest.approx(finite.mean(), abs=1e-9)
        else:
            assert np.isnan(values[index])
            assert np.isnan(average)
