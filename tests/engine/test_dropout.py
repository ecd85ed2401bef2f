"""The reference of the dropout masks: how often, how evenly and how independently elements are left out."""

import itertools

import numpy as np
import pytest

from engine.fairness.dropout import mask

SHAPE = (64, 1024)  # 65,536 elements: four standard errors of a share are at most 0.008
ERRORS = 4 / np.sqrt(np.prod(SHAPE))


def kept(seed, layer, step, rate=0.5):
    return mask(seed, layer, step, SHAPE, rate) > 0


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_the_share_that_is_left_out_is_the_rate_and_the_mean_stays(rate):
    for step in range(20):
        values = mask(3, 1, step, SHAPE, rate)
        assert values.dtype == np.float64
        assert set(np.unique(values)) == ({0.0, 1 / (1 - rate)} if rate else {1.0})
        assert np.mean(values == 0) == pytest.approx(rate, abs=ERRORS * np.sqrt(rate * (1 - rate)))


def test_masks_of_other_seeds_layers_and_steps_agree_by_chance_only():
    """Also where they are moved against each other, as windows of one sequence would be."""
    names = [*itertools.product((0, 1, 2**32 - 1), (0, 1, 7), (0, 1, 2, 1000))]
    masks = np.array([kept(*name).ravel() for name in names]) * 2.0 - 1
    spectra = np.fft.rfft(masks)
    pairs = [*itertools.combinations(range(len(names)), 2)]
    assert len(pairs) == 630
    worst = max(np.abs(np.fft.irfft(spectra[one] * spectra[other].conj())).max() for one, other in pairs)
    # The largest of 41 million correlations of independent signs is near √(2 ln 41e6) ≈ 5.9 standard errors.
    assert worst / np.sqrt(np.prod(SHAPE)) < 7.5


def test_neighbours_in_a_mask_are_independent():
    for step in range(20):
        signs = kept(5, 0, step) * 2.0 - 1
        signs -= signs.mean()
        for moved in (np.roll(signs, 1, axis=1), np.roll(signs, 1, axis=0), np.roll(signs, 512, axis=1)):
            assert abs(np.mean(signs * moved)) < ERRORS


def test_an_element_is_left_out_at_its_share_of_steps():
    """No place is lucky: over 400 steps each of 512 elements is kept about half of the time."""
    shares = np.mean([mask(9, 0, step, (512,), 0.5) > 0 for step in range(400)], axis=0)
    assert np.abs(shares - 0.5).max() < 5 * 0.5 / np.sqrt(400)
    assert np.std(shares) == pytest.approx(0.5 / np.sqrt(400), rel=0.15)


def test_an_element_depends_on_its_number_alone():
    whole = mask(3, 1, 4, (8, 6, 5, 4), 0.3)
    assert np.array_equal(mask(3, 1, 4, (8, 120), 0.3), whole.reshape(8, 120))
    assert np.array_equal(mask(3, 1, 4, (2, 6, 5, 4), 0.3), whole[:2])


def test_masks_stay_what_they_were():
    """A run that is resumed by a later version goes on with the same masks."""
    assert np.packbits(mask(0, 0, 0, (64,), 0.5) > 0).tobytes().hex() == "b33c95d0a0987d48"
    assert np.packbits(mask(2**32 - 1, 3, 10**6, (64,), 0.1) > 0).tobytes().hex() == "ffffeffffffbfbff"
