"""Whether the best setting differs: certain cases, and how often chance alone says that it does."""

import numpy as np
import pytest

from engine.fairness.best_settings import answer

NOISE = np.array([0.000, 0.010, -0.010, 0.005, -0.005])  # of a seed, common to all settings


def table(*means, spread=0.0001):
    """(settings, seeds): each setting's mean, the seeds' own difficulty, and a little of its own."""
    own = np.random.default_rng(0).normal(0, spread, (len(means), len(NOISE)))
    return np.array(means)[:, np.newaxis] + NOISE + own


def test_different_bests_are_told_apart():
    found = answer("validation_loss", table(0.1, 0.2, 0.3), table(0.3, 0.2, 0.1))
    assert found.word == "differs"
    assert [side.may_be_best for side in found.sides.values()] == [(0,), (2,)]
    assert (found.sides["torch"].best, found.sides["tensorflow"].best) == (0, 2)
    assert found.sides["torch"].cost == pytest.approx(0.2, abs=0.002)


def test_one_best_for_both_is_the_same():
    assert answer("validation_loss", table(0.1, 0.2), table(0.15, 0.3)).word == "same"


def test_where_it_is_good_to_be_high_the_highest_is_best():
    found = answer("validation_accuracy", table(0.7, 0.9), table(0.9, 0.7))
    assert found.word == "differs"
    assert [side.may_be_best for side in found.sides.values()] == [(1,), (0,)]


def test_settings_that_come_to_the_same_are_alike_and_noise_cannot_tell():
    assert answer("validation_loss", table(0.5, 0.5001), table(0.5001, 0.5)).word == "alike"
    assert answer("validation_loss", table(0.1, 0.12, spread=0.05), table(0.12, 0.1, spread=0.05)).word == "unknown"


def test_sides_that_agree_everywhere_are_alike_however_noisy_the_seeds():
    torch = table(0.5, 0.52, 0.51, spread=0.1)
    assert answer("validation_loss", torch, torch + 1e-6).word == "alike"


def test_a_gap_without_spread_proves_nothing():
    torch = np.array([[0.9, 0.9], [0.8, 0.8]])
    found = answer("validation_accuracy", torch, 1.7 - torch)
    assert found.word == "unknown"
    assert all(side.may_be_best == (0, 1) for side in found.sides.values())


def test_the_intervals_are_widened_for_their_number():
    found = answer("validation_loss", table(1, 2, 3, 4), table(1, 2, 3, 4))
    assert found.together == 7
    assert found.confidence == pytest.approx(1 - 0.05 / 7)


@pytest.mark.parametrize("shape", [(1, 5), (3, 1)])
def test_too_little_is_refused(shape):
    with pytest.raises(ValueError, match="Two settings"):
        answer("validation_loss", np.zeros(shape), np.zeros(shape))


def test_chance_alone_says_seldom_that_the_best_differs():
    """All settings equal: whatever is called different is a mistake, and at most one in twenty may be."""
    drawn = np.random.default_rng(1)
    words = [answer("validation_loss", *drawn.normal(1, 0.1, (2, 4, 5))).word for _ in range(300)]
    assert words.count("differs") / 300 <= 0.05
    assert words.count("same") / 300 <= 0.05
