"""Validation quality by hand-computed examples."""

import math

import numpy as np
import pytest

from engine.fairness.judge import validation_metrics


def test_classification():
    logits = np.array([[0.0, 0.0], [0.0, math.log(3)], [math.log(3), 0.0]], dtype=np.float32)
    found = validation_metrics("classification", logits, np.array([0, 1, 1]))
    assert found["validation_loss"] == pytest.approx((math.log(2) + math.log(4 / 3) + math.log(4)) / 3, rel=1e-6)
    assert found["validation_accuracy"] == pytest.approx(2 / 3)


def test_large_logits_do_not_overflow():
    found = validation_metrics("classification", np.array([[1e30, 0.0]], dtype=np.float32), np.array([1]))
    assert found["validation_loss"] == pytest.approx(1e30, rel=1e-6)
    assert found["validation_accuracy"] == 0


def test_regression():
    found = validation_metrics("regression", np.array([[1.0], [2.0], [6.0]]), np.array([[1.0], [3.0], [5.0]]))
    assert found == pytest.approx({"validation_loss": 2 / 3, "validation_mae": 2 / 3, "validation_r2": 1 - 2 / 8})


def test_what_is_not_finite_is_none():
    same = validation_metrics("regression", np.array([[1.0], [2.0]]), np.array([[1.0], [1.0]]))
    assert same["validation_r2"] is None
    assert same["validation_mae"] == 0.5
    broken = validation_metrics("regression", np.array([[math.nan], [2.0]]), np.array([[1.0], [3.0]]))
    assert set(broken.values()) == {None}
    huge = validation_metrics("regression", np.array([[1e300], [2.0]]), np.array([[1.0], [3.0]]))
    assert huge["validation_loss"] is None
    assert validation_metrics("classification", np.array([[math.nan, 1.0]]), np.array([1]))["validation_loss"] is None
