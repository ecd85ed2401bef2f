"""Every network on data that fits it, in TensorFlow."""

import pytest

pytest.register_assert_rewrite("tests.engine.fitting_suite")
from tests.engine.fitting_suite import FittingSuite  # noqa: E402


class TestTensorFlow(FittingSuite):
    framework = "tensorflow"
