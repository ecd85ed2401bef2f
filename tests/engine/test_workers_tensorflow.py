"""Several workers of one side, in TensorFlow."""

import pytest

pytest.register_assert_rewrite("tests.engine.workers_suite")
from tests.engine.workers_suite import WorkersSuite  # noqa: E402


class TestTensorFlow(WorkersSuite):
    framework = "tensorflow"
