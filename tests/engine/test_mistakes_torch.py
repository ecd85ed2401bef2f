"""The planted mistakes in PyTorch."""

import re
from typing import ClassVar

import pytest
import torch

from engine.mistakes.catalogue import BY_NAME
from engine.mistakes.run import attempted

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

    @pytest.mark.parametrize(("execution", "line"), [("eager", "loss.backward()"), ("compiled", "loss = loss_of(x)")])
    def test_where_a_change_in_place_is_raised_and_what_the_lab_says_of_it(self, execution, line):
        printed = attempted("torch", "in_place_change", "planted", execution)["printed"]
        raised = re.findall(r'in_place_change_torch\.py", line \d+, in planted\n +(.*)', printed)
        assert raised == [line]
        named = r'UserWarning: Error detected in ExpBackward0.*\n.*in_place_change_torch\.py", line 11'
        assert bool(re.search(named, printed)) is (execution == "compiled")
        assert "PyTorch at `backward`, far from the line; compiled at the call" in BY_NAME["in_place_change"].seen
        assert "compiled, PyTorch says so by itself" in BY_NAME["in_place_change"].torch

    def test_anomaly_detection_names_the_line_before_the_change(self, stage):
        with pytest.warns(UserWarning, match=r'in_place_change_torch\.py", line 11'):
            stage("in_place_change", "found", "eager")
