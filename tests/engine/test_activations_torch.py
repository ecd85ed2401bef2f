"""What layers give and gradients, recorded in PyTorch."""

import pytest

pytest.register_assert_rewrite("tests.engine.activations_suite")
from tests.engine.activations_suite import ActivationsSuite  # noqa: E402


class TestTorch(ActivationsSuite):
    framework = "torch"
