"""The training loop in PyTorch."""

import pytest

pytest.register_assert_rewrite("tests.engine.training_suite")
from tests.engine.training_suite import TrainingSuite  # noqa: E402


class TestTorch(TrainingSuite):
    framework = "torch"
    executions = ("eager",)
