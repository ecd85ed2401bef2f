"""A benchmark's subject in TensorFlow."""

import pytest

pytest.register_assert_rewrite("tests.engine.subject_suite")
from tests.engine.subject_suite import SubjectSuite  # noqa: E402


class TestTensorflow(SubjectSuite):
    framework = "tensorflow"
