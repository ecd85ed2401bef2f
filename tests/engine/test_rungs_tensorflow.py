"""Every way to run a step, in TensorFlow."""

import pytest

pytest.register_assert_rewrite("tests.engine.rungs_suite")
from tests.engine.rungs_suite import RungsSuite  # noqa: E402


class TestTensorFlow(RungsSuite):
    framework = "tensorflow"
    rungs = (("graph", "one"), ("graph", "many"), ("xla", "one"), ("xla", "many"))
