"""Defaults matched one by one in PyTorch."""

import pytest

pytest.register_assert_rewrite("tests.engine.flips_suite")
from tests.engine.flips_suite import FlipsSuite  # noqa: E402


class TestTorch(FlipsSuite):
    framework = "torch"
    may_change = frozenset({"optimizer_equation"})  # the same equation, fused or not
    changes = {  # noqa: RUF012
        "mlp": {"initial_weights", "dropout_masks"},
        "resnet": {"initial_weights"},
        "lstm": {"initial_weights", "lstm_bias"},
        "transformer": {"initial_weights", "dropout_masks"},
    }
