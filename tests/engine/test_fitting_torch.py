"""Every network on data that fits it, in PyTorch."""

import pytest

pytest.register_assert_rewrite("tests.engine.fitting_suite")
from tests.engine.fitting_suite import FittingSuite  # noqa: E402


class TestPyTorch(FittingSuite):
    framework = "torch"
