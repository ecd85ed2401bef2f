"""The training loop in TensorFlow."""

import pytest

pytest.register_assert_rewrite("tests.engine.training_suite")
from tests.engine.training_suite import TrainingSuite  # noqa: E402


class TestTensorFlow(TrainingSuite):
    framework = "tensorflow"
    executions = ("graph", "eager", "xla")
