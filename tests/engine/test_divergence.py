"""The limits, the noise floor and the first cell that differs, on numbers made by hand."""

import numpy as np
import pytest

from engine.charts.microscope import left_out_words
from engine.fairness.divergence import distance, diverge
from engine.fairness.parity import Flip, flipped, leaves_floor, relative, verdict, weight_differences


def rows(shift=0.0, at=3, row="layer/b"):
    """Two layers and a gradient over six steps; `shift` is added to one value of a row from step `at` on."""
    found = {name: np.tile([1.0, -2.0, 4.0], (6, 1)) for name in ("layer/a", "layer/b", "gradient/a", "gradient/b")}
    found[row][at:, 1] += shift
    return found | {"losses": np.ones(6)}


def test_the_first_cell_is_the_first_step_and_then_the_order_of_the_pass():
    found = diverge(rows(), rows(4e-3), rows(), rows(4e-3), first_step=100)
    assert found.rows == ("layer/a", "layer/b", "gradient/b", "gradient/a")
    cell = found.first_beyond(1e-6)
    assert (cell.step, cell.row, cell.difference, cell.noise) == (103, "layer/b", pytest.approx(1e-3), 0.0)
    assert found.first_beyond(1e-2) is None
    assert found.largest() == cell


def test_gradients_are_looked_at_from_the_output_back():
    other = rows(1.0, at=2, row="gradient/a")
    other["gradient/b"][2:] += 1.0
    assert diverge(rows(), other, rows(), rows()).first_beyond(1e-6).row == "gradient/b"


def test_noise_is_the_larger_of_both_frameworks():
    found = diverge(rows(), rows(), rows(4e-6), rows(4e-3))
    assert found.differences.max() == 0
    assert found.noise.max() == pytest.approx(1e-3)


def test_what_only_one_side_has_is_left_out_and_said():
    found = diverge(rows() | {"layer/c": np.ones((6, 1))}, rows(), rows(), rows())
    assert "layer/c" not in found.rows
    assert left_out_words(found) == "Only one side has the output of c, or has it in another size: not compared."
    odd = rows() | {"layer/a": np.ones((6, 2)), "gradient/d": np.ones((6, 1))}
    assert diverge(rows(), odd, rows(), odd).left_out == ("gradient/d", "layer/a")
    assert left_out_words(diverge(rows(), rows(), rows(), rows())) == ""
    with pytest.raises(ValueError, match="no layer in common"):
        diverge({"layer/a": np.ones((6, 1))}, {}, {}, {})


def test_a_side_that_is_not_finite_differs():
    other = rows()
    other["layer/a"][4, 0] = np.inf
    cell = diverge(rows(), other, rows(), rows()).first_beyond(0.5)
    assert (cell.step, cell.row, cell.difference) == (4, "layer/a", np.inf)


def test_a_side_that_is_zero_everywhere_is_as_far_as_can_be():
    assert distance(np.zeros((1, 2)), np.array([[0.5, -2.0]])).tolist() == [1]
    assert distance(np.array([[0.5, -2.0]]), np.zeros((1, 2))).tolist() == [1]


def test_a_smaller_batch_leaves_no_trace():
    values = np.array([[1.0, np.nan], [1.0, 3.0]])
    assert distance(values, values).tolist() == [0, 0]
    assert distance(np.zeros((1, 2)), np.zeros((1, 2))).tolist() == [0]


def test_each_limit_has_its_steps():
    torch = np.full(300, 2.0)
    checks = verdict(torch, torch * (1 + 5e-13), "float64")
    assert [(check.steps, check.limit, check.passed) for check in checks] == [
        (10, 1e-13, False),
        (100, 1e-12, True),
        (300, 1e-11, True),
    ]
    assert [(check.steps, check.limit) for check in verdict(torch[:7], torch[:7], "float64")] == [(7, 1e-13)]
    assert [(check.steps, check.limit) for check in verdict(torch, torch, "float32")] == [(10, 1e-6)]


def test_a_side_that_ends_early_or_is_not_finite_fails():
    torch, short = np.full(20, 2.0), np.full(8, 2.0)
    assert [check.passed for check in verdict(torch, short, "float64")] == [False, False]
    broken = np.append(torch, np.nan)
    assert all(check.passed for check in verdict(broken, broken, "float64"))
    nothing = verdict(np.array([np.nan]), np.array([np.nan]), "float64")
    assert [(check.difference, check.passed) for check in nothing] == [(None, False)]


def test_relative_differences_end_where_a_loss_is_not_finite():
    found = relative(np.array([1.0, 1e-6, np.inf, 1.0]), np.array([1.0, 2e-6, 1.0, 1.0]))
    assert found[:2].tolist() == pytest.approx([0, 1e-3])
    assert np.isnan(found[2:]).all()


def test_the_floor_is_left_where_the_difference_is_ten_times_its_highest_so_far():
    floor = np.array([0.0, 1e-6, 0.0, 0.0])
    assert leaves_floor(np.array([1e-6, 9e-6, 9e-6, 1.1e-5]), floor, "float32") == 3
    assert leaves_floor(np.array([1e-6, 9e-6, 9e-6, 9e-6]), floor, "float32") is None
    assert leaves_floor(np.array([2e-6]), np.array([0.0]), "float32") == 0
    assert leaves_floor(np.array([]), np.array([]), "float32") is None


def test_a_relu_that_flipped_is_named():
    bits = np.zeros((40, 2, 16), dtype=bool)
    other = bits.copy()
    other[[5, 30], 1, 3] = True
    other[31, 0, :2] = True
    pack = lambda values: {f"{n + 1}/layer{n}": np.packbits(values[:, n], axis=1) for n in range(2)}  # noqa: E731
    assert flipped(pack(bits), pack(other), at=33) == Flip(30, "layer1", 1)
    assert flipped(pack(bits), pack(other), at=20) is None
    assert flipped(pack(bits), pack(other), at=5) == Flip(5, "layer1", 1)
    assert flipped({}, {}, at=5) is None


def test_weights_are_compared_by_their_norm():
    found = weight_differences(
        {"a": np.array([3.0, 4.0]), "b": np.zeros(2)}, {"a": np.array([3.0, 4.5]), "b": np.ones(2)}
    )
    assert found == {"a": pytest.approx(0.1), "b": pytest.approx(2**0.5)}
