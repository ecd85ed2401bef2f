"""The planted mistakes in TensorFlow."""

from typing import ClassVar

import pytest
import tensorflow as tf

pytest.register_assert_rewrite("tests.engine.mistake_suite")
from tests.engine.mistake_suite import MistakeSuite  # noqa: E402


class TestTensorFlow(MistakeSuite):
    framework = "tensorflow"
    apart = ("wrong_device",)
    raises: ClassVar = {
        "shape_mismatch": ("ValueError", "ValueError"),
        "wrong_dtype": ("InvalidArgumentError", "TypeError"),
        "in_place_change": ("TypeError", "TypeError"),
        "off_by_one_labels": ("InvalidArgumentError", "InvalidArgumentError"),
    }
    prints: ClassVar = {
        "wrong_device": (r"outputs on CPU:0", r"outputs on CPU:0"),
        "forgotten_mode": (r"\[0\.0, 0\.0, 0\.0\]", r"\[0\.0, 0\.0, 0\.0\]"),
        "softmax_twice": (r"accuracy 100%, loss 0\.553", r"accuracy 100%, loss 0\.002"),
    }
    finds: ClassVar = {
        "shape_mismatch": "ValueError",
        "wrong_dtype": "TypeError",
        "wrong_device": "InvalidArgumentError",
        "missing_zero_grad": "InvalidArgumentError",
        "softmax_twice": "",
        "forgotten_mode": "InvalidArgumentError",
        "nan_from_log": "InvalidArgumentError",
        "in_place_change": "TypeError",
        "leaked_graph": "AssertionError",
        "off_by_one_labels": "InvalidArgumentError",
        "exploding_gradients": "InvalidArgumentError",
        "learning_rate_too_large": "InvalidArgumentError",
        "silent_broadcast": "ValueError",
    }

    @pytest.fixture(autouse=True)
    def _as_before(self):
        yield
        tf.debugging.disable_check_numerics()

    def test_keras_takes_the_logits_before_a_softmax_that_it_sees(self, stage):
        """In a graph, and of a layer; the loss is that of the mended one."""
        with pytest.warns(UserWarning, match="produced by a Softmax activation"):
            _, printed = stage("softmax_twice", "found", "eager")
        assert "loss 0.002" in printed
