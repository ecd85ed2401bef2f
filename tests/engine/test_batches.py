"""The rows of every step and its learning rate, the same on any machine; datasets and how they are split."""

import math

import numpy as np
import pytest

from engine.config import RunConfig
from engine.datasets.catalogue import DATASETS, training_examples
from engine.datasets.split import load
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch


def rates(count, steps_in_epoch=10, first=0, **fields):
    config = RunConfig.build({"learning_rate": 0.5, "epochs": 10, **fields})
    return learning_rates(config, first, count, steps_in_epoch)


@pytest.mark.parametrize(("examples", "batch", "steps"), [(1, 1, 1), (10, 3, 4), (9, 3, 3), (5, 8, 1)])
def test_the_last_batch_may_be_smaller(examples, batch, steps):
    assert steps_per_epoch(examples, batch) == steps


def test_an_epoch_s_order_is_a_permutation_of_its_own():
    orders = [epoch_order(seed, epoch, 50) for seed in (0, 1, 2**32 - 1) for epoch in (0, 1, 999_999)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert len({tuple(order) for order in orders}) == len(orders)


def test_orders_never_change():
    """Runs of earlier versions go on from their checkpoints only when these stay as they are."""
    assert epoch_order(7, 3, 10).tolist() == [6, 1, 7, 8, 3, 4, 0, 5, 2, 9]
    assert epoch_order(7, 3, 10).dtype == np.int64


def test_constant_rate():
    assert rates(30).tolist() == [0.5] * 30


def test_step_schedule():
    found = rates(35, schedule="step", schedule_epochs=2, schedule_factor=0.1)
    assert found == pytest.approx([0.5] * 20 + [0.05] * 15)


def test_cosine_schedule():
    found = rates(100, schedule="cosine")
    assert found[0] == 0.5
    assert found[50] == pytest.approx(0.25)
    assert 0 < found[99] < 0.001
    assert (np.diff(found) < 0).all()


def test_warm_up():
    assert rates(6, warmup_steps=4) == pytest.approx([0.125, 0.25, 0.375, 0.5, 0.5, 0.5])
    cosine = rates(100, schedule="cosine", warmup_steps=20)
    assert cosine[19] == 0.5
    assert cosine[60] == pytest.approx(0.25)
    assert rates(5, warmup_steps=1_000_000_000)[0] == pytest.approx(0.5e-9)


@pytest.mark.parametrize("fields", [{}, {"schedule": "step"}, {"schedule": "cosine", "warmup_steps": 7}])
def test_rates_in_pieces_are_the_rates_of_the_whole(fields):
    whole = rates(100, **fields)
    pieces = [rates(count, first=first, **fields) for first, count in ((0, 3), (3, 50), (53, 47))]
    assert np.concatenate(pieces).tolist() == whole.tolist()


@pytest.mark.parametrize("fraction", [1e-9, 0.3, 0.8, 1.0])
def test_a_split_keeps_every_example_once(fraction):
    inputs, targets = DATASETS["teacher"].make(5, examples=100, noise=0.1)
    split = load("teacher", {"examples": 100, "noise": 0.1}, 5, fraction)
    assert len(split.inputs) == training_examples(100, fraction) == max(1, round(100 * fraction))
    assert len(split.inputs) + len(split.validation_inputs) == 100
    training, validation = (split.inputs, split.targets), (split.validation_inputs, split.validation_targets)
    rows = np.vstack([np.hstack(training), np.hstack(validation)])
    assert sorted(map(tuple, rows)) == sorted(map(tuple, np.hstack([inputs, targets])))


def test_noise_is_what_is_added_to_the_teacher():
    silent, noisy = (DATASETS["teacher"].make(5, examples=10_000, noise=noise) for noise in (0.0, 2.0))
    assert (silent[0] == noisy[0]).all()
    assert math.isclose((noisy[1] - silent[1]).std(), 2.0, rel_tol=0.05)
