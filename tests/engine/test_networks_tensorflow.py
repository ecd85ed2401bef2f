"""The reference networks in TensorFlow."""

import pytest

pytest.register_assert_rewrite("tests.engine.network_suite")
from tests.engine.network_suite import NetworkSuite  # noqa: E402


class TestTensorFlow(NetworkSuite):
    framework = "tensorflow"
