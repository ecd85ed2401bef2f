"""Defaults matched one by one in TensorFlow."""

import pytest

pytest.register_assert_rewrite("tests.engine.flips_suite")
from tests.engine.flips_suite import FlipsSuite  # noqa: E402


class TestTensorFlow(FlipsSuite):
    framework = "tensorflow"
    changes = {  # noqa: RUF012
        "mlp": {"initial_weights", "epsilon", "rho", "optimizer_equation", "gelu", "dropout_masks"},
        "resnet": {"initial_weights", "optimizer_equation", "batch_norm", "running_variance"},
        "lstm": {"initial_weights", "epsilon", "optimizer_equation"},
        "transformer": {
            *("initial_weights", "epsilon", "weight_decay", "optimizer_equation", "layer_norm", "gelu"),
            "dropout_masks",
        },
    }
