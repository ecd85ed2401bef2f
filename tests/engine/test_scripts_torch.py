"""The scripts in PyTorch."""

import pytest

pytest.register_assert_rewrite("tests.engine.scripts_suite")
from tests.engine.scripts_suite import ScriptsSuite  # noqa: E402


class TestTorch(ScriptsSuite):
    framework = "torch"
