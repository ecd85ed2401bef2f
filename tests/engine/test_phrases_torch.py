"""The phrase book in PyTorch."""

import pytest

pytest.register_assert_rewrite("tests.engine.phrase_suite")
from tests.engine.phrase_suite import PhraseSuite  # noqa: E402


class TestTorch(PhraseSuite):
    framework = "torch"
