"""The phrase book in TensorFlow."""

import pytest

pytest.register_assert_rewrite("tests.engine.phrase_suite")
from tests.engine.phrase_suite import PhraseSuite  # noqa: E402


class TestTensorFlow(PhraseSuite):
    framework = "tensorflow"
