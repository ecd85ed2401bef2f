"""The planted mistakes in PyTorch."""

from typing import ClassVar

import pytest
import torch

pytest.register_assert_rewrite("tests.engine.mistake_suite")
from tests.engine.mistake_suite import MistakeSuite  # noqa: E402


class TestTorch(MistakeSuite):
    framework = "torch"
    raises: ClassVar = {
        "shape_mismatch": ("RuntimeError", "TorchRuntimeError"),
        "wrong_dtype": ("RuntimeError", "RuntimeError"),
        "wrong_device": ("RuntimeError", "TorchRuntimeError"),
        "in_place_change": ("RuntimeError", "BackendCompilerFailed"),
        "off_by_one_labels": ("IndexError", "RuntimeError"),
    }
    differing = r"three times: \[(\d+\.\d+), (?!\1)"
    prints: ClassVar = {
        "forgotten_mode": (differing, differing),
        "softmax_twice": (r"accuracy 100%, loss 0\.553", r"accuracy 100%, loss 0\.553"),
    }
    finds: ClassVar = {
        "shape_mismatch": "RuntimeError",
        "wrong_dtype": "AssertionError",
        "wrong_device": "AssertionError",
        "missing_zero_grad": "AssertionError",
        "softmax_twice": "AssertionError",
        "forgotten_mode": "AssertionError",
        "nan_from_log": "RuntimeError",
        "in_place_change": "RuntimeError",
        "leaked_graph": "AssertionError",
        "off_by_one_labels": "AssertionError",
        "exploding_gradients": "RuntimeError",
        "learning_rate_too_large": "AssertionError",
    }

    @pytest.fixture(autouse=True)
    def _as_before(self):
        yield
        torch.nn.modules.module._global_forward_pre_hooks.clear()
        torch._dynamo.reset()

    def test_anomaly_detection_names_the_line_before_the_change(self, stage):
        with pytest.warns(UserWarning, match=r'in_place_change_torch\.py", line 11'):
            stage("in_place_change", "found", "eager")
