"""What is odd about timings, on a clock made by hand: drifting, bimodal, heavy-tailed; and that quiet ones are not."""

import numpy as np
import pytest

from engine.measure.noise import Noise, noise

ROUNDS = np.repeat(np.arange(8), 2)


def timings(seed: int, spread: float = 0.01) -> np.ndarray:
    return 1e-3 * np.exp(np.random.default_rng(seed).normal(0, spread, len(ROUNDS)))


def test_a_drift_is_found_with_its_size_and_direction():
    found = noise(ROUNDS, timings(1) * (1 + 0.1 * ROUNDS / 7))
    assert found.drift == pytest.approx(0.1, abs=0.02)
    assert found.speeds is None
    assert noise(ROUNDS, timings(1) / (1 + 0.1 * ROUNDS / 7)).drift == pytest.approx(-0.09, abs=0.02)


def test_a_clock_with_two_states_has_two_speeds():
    slow = np.isin(ROUNDS, (1, 4, 5))
    found = noise(ROUNDS, np.where(slow, 1.3, 1.0) * timings(2))
    assert found.speeds == pytest.approx((1e-3, 1.3e-3), rel=0.02)
    assert found.drift == 0


def test_a_wide_spread_is_told():
    assert noise(ROUNDS, timings(3, spread=0.2)).spread > 0.05


def test_a_few_spikes_are_no_second_speed_and_no_drift():
    spiked = timings(4)
    spiked[[3, 12]] *= 3
    assert noise(ROUNDS, spiked) == Noise()


def test_quiet_timings_are_told_nothing_of():
    odd = [noise(ROUNDS, timings(seed)) != Noise() for seed in range(200)]
    assert sum(odd) == 0


def test_ordinary_noise_is_seldom_taken_for_two_speeds():
    odd = [noise(ROUNDS, timings(seed, spread=0.06)).speeds is not None for seed in range(500)]
    assert sum(odd) < 25


def test_few_blocks_say_nothing():
    assert noise([0] * 7, [1.0, 9.0] * 3 + [1.0]) == Noise()
    assert noise([0] * 16, timings(5)).drift == 0
