"""What layers give and gradients, recorded in TensorFlow."""

import pytest

pytest.register_assert_rewrite("tests.engine.activations_suite")
from tests.engine.activations_suite import ActivationsSuite  # noqa: E402


class TestTensorFlow(ActivationsSuite):
    framework = "tensorflow"
