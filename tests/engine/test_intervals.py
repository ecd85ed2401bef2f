"""Intervals over paired seeds: against values computed by hand, and against simulated sets of seeds."""

import math

import numpy as np
import pytest
from scipy import stats

from engine.charts.experiment_words import effect_words, effects_explained, verdict
from engine.fairness.intervals import compare, effect, half_widths, interval, margin_of

T_4 = 2.7764451051977987  # the 97.5 % quantile of Student's t with 4 degrees of freedom, from a table


def test_an_interval_by_hand():
    """1, 2, 3, 4, 5: mean 3, standard deviation √2.5."""
    found = interval([1, 2, 3, 4, 5])
    half = T_4 * math.sqrt(2.5) / math.sqrt(5)
    assert (found.mean, found.n) == (3, 5)
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half), rel=1e-12)


def test_two_values_by_hand():
    """The quantile with one degree of freedom is tan(0.475 π)."""
    found = interval([0.0, 2.0])
    assert found.high == pytest.approx(1 + math.tan(0.475 * math.pi) * math.sqrt(2) / math.sqrt(2), rel=1e-9)


def test_equal_values_have_no_width():
    found = interval([0.25] * 4)
    assert (found.low, found.mean, found.high) == (0.25, 0.25, 0.25)


@pytest.mark.parametrize("values", [[], [1.0]])
def test_fewer_than_two_values_have_no_interval(values):
    assert interval(values) is None


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="finite"):
        interval([1.0, value])


@pytest.mark.parametrize("n", [2, 5, 10])
def test_it_covers_the_truth_as_often_as_it_says(n):
    """2,000 sets of n normal differences: 95 % ± 4 standard errors of that share."""
    sets = np.random.default_rng(n).normal(0.3, 2.0, (n, 2000))
    covered = np.mean(np.abs(sets.mean(axis=0) - 0.3) <= half_widths(sets))
    assert abs(covered - 0.95) <= 4 * math.sqrt(0.95 * 0.05 / 2000)


def test_two_equal_frameworks_are_seldom_told_apart():
    """Simulated A/A experiments of five seeds: accuracies that spread by a point, with and without a common part."""
    generator = np.random.default_rng(1)
    for shared in (0.0, 0.01):
        winners = []
        for _ in range(1000):
            common = generator.normal(0.9, shared, 5)
            pair = (common + generator.normal(0, 0.01, 5) for _ in range(2))
            winners.append(compare("validation_accuracy", *pair).winner)
        assert winners.count("torch") + winners.count("tensorflow") <= 75
        assert {"same", "unknown"} >= set(winners) - {"torch", "tensorflow"}


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize(("examples", "share"), [(30, 0.95), (114, 0.96)])
def test_equal_frameworks_are_as_seldom_told_apart_on_few_examples(examples, share, seeds):
    """Accuracies are counts: before, two seeds of iris named a winner in 10 % of all such experiments."""
    generator = np.random.default_rng([examples, seeds])
    pairs = generator.binomial(examples, share, (2000, 2, seeds)) / examples
    winners = [compare("validation_accuracy", *pair).winner for pair in pairs]
    assert (winners.count("torch") + winners.count("tensorflow")) / 2000 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 2000)


def test_an_interval_is_that_of_scipy():
    generator = np.random.default_rng(3)
    for n in range(2, 12):
        torch = generator.normal(0.9, 0.02, n)
        tensorflow = torch + generator.normal(0.002, generator.choice([1e-4, 3e-3, 2e-2]), n)
        found, p = compare("validation_accuracy", torch, tensorflow), stats.ttest_rel(tensorflow, torch).pvalue
        due = stats.ttest_rel(tensorflow, torch).confidence_interval(0.95)
        assert (found.found.low, found.found.high) == pytest.approx((due.low, due.high), rel=1e-9)
        if max(abs(due.low), abs(due.high)) <= 0.005:
            assert found.winner == "same"
        else:
            assert (found.winner == "unknown") == (p > 0.05)


def test_effects_that_are_told_together_hold_together():
    """Nine flips without any effect: one of them is found in at most 5 % of all experiments, and not in 37 %."""
    generator = np.random.default_rng(4)
    changes = generator.normal(0, 1, (1000, 9, 5))
    wrong = [0, 0]
    for place, together in enumerate((1, 9)):
        for flips in changes:
            words = {effect("", np.zeros(5), change, 1e-9, together).word for change in flips}
            wrong[place] += bool(words & {"closer", "further"})
    assert wrong[0] / 1000 > 0.3
    assert wrong[1] / 1000 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 1000)


def test_pairing_takes_out_what_both_share():
    generator = np.random.default_rng(2)
    hard = generator.normal(0.8, 0.05, 5)  # some seeds are harder than others, for both
    found = compare("validation_accuracy", hard, hard + 0.02 + generator.normal(0, 0.001, 5))
    assert found.winner == "tensorflow"


@pytest.mark.parametrize(
    ("metric", "torch", "tensorflow", "told"),
    [
        ("validation_accuracy", [0.90, 0.92], [0.90, 0.92], "the same, within half a point [0.0, 0.0]"),
        ("validation_accuracy", [0.90, 0.90, 0.90], [0.91, 0.911, 0.909], "TensorFlow 1.0 points better [0.8, 1.2]"),
        ("validation_accuracy", [0.91, 0.911, 0.909], [0.90, 0.90, 0.90], "PyTorch 1.0 points better [0.8, 1.2]"),
        ("validation_accuracy", [0.9, 0.9], [0.8, 0.99], "2 seeds cannot tell [−121.2, 120.2]"),
        (
            *("validation_accuracy", [0.9, 0.8], [0.92, 0.82]),
            "2 seeds cannot tell: all say 2.0 points, so nothing is known of the spread",
        ),
        ("validation_accuracy", [0.9], [0.8], "1 seed cannot tell"),
        ("validation_accuracy", [], [], "0 seeds cannot tell"),
        ("validation_loss", [1.0, 1.0, 1.0], [2.0, 2.1, 1.9], "PyTorch 1 better [0.75, 1.2]"),
        ("validation_loss", [1.0, 2.0], [1.001, 2.001], "the same, within 0.03 [0.001, 0.001]"),
        ("validation_r2", [0.5, 0.5, 0.5], [0.7, 0.71, 0.69], "TensorFlow 0.2 better [0.18, 0.22]"),
    ],
)
def test_verdicts(metric, torch, tensorflow, told):
    assert verdict(compare(metric, torch, tensorflow)) == told


def test_how_to_read_the_effects_is_said():
    alone, one = [effect("epsilon", [1.0, 2.0], [2.0, 2.5], 0.1)], "the 95 % interval (Student's t)"
    assert one in effects_explained(alone)
    assert "Bonferroni" not in effects_explained(alone)
    eight = [effect("epsilon", [1.0, 2.0], [2.0, 2.5], 0.1, 8)] * 8
    assert (eight[0].together, eight[0].confidence) == (8, pytest.approx(0.99375))
    assert "the 99.4 % interval" in effects_explained(eight)
    assert "All 8 hold together with 95 %" in effects_explained(eight)
    assert effects_explained([]) == ""


def test_margins():
    assert margin_of("validation_accuracy", [0.5], [0.9]) == 0.005
    assert margin_of("validation_loss", [1.0, 3.0], [2.0, 2.0]) == pytest.approx(0.04)
    assert margin_of("validation_r2", [-1.0], [1.0]) == pytest.approx(0.02)
    assert margin_of("validation_loss", [], []) == 0


@pytest.mark.parametrize(
    ("before", "after", "word", "told"),
    [
        ([0.02, 0.021, 0.019], [0.0, 0.0, 0.0], "closer", "2.0 points closer [−2.2, −1.8]"),
        ([0.0, 0.0, 0.0], [0.02, 0.021, 0.019], "further", "2.0 points further apart [1.8, 2.2]"),
        ([0.02, 0.01], [0.021, 0.011], "none", "no effect, within half a point [0.1, 0.1]"),
        ([0.02, 0.01], [0.05, 0.0], "unknown", "2 seeds cannot tell [−24.4, 26.4]"),
        ([0.02], [0.0], "unknown", "1 seed cannot tell"),
        ([], [], "unknown", "0 seeds cannot tell"),
    ],
)
def test_effects(before, after, word, told):
    found = effect("epsilon", before, after, 0.005)
    assert (found.word, effect_words("validation_accuracy", found)) == (word, told)
