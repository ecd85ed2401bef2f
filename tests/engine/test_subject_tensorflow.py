"""A benchmark's subject in TensorFlow."""

import pytest
import tensorflow as tf

pytest.register_assert_rewrite("tests.engine.subject_suite")
from engine.bench.subject import UsualLoop  # noqa: E402
from engine.frameworks import usual_tensorflow  # noqa: E402
from tests.engine.subject_suite import SubjectSuite  # noqa: E402


class TestTensorflow(SubjectSuite):
    framework = "tensorflow"

    def test_keras_fit_is_on_the_device_that_was_asked_for(self, twin, monkeypatch):
        scope, asked = tf.device, []
        monkeypatch.setattr(usual_tensorflow, "own_device", lambda device: "/cpu:0")
        monkeypatch.setattr(tf, "device", lambda name: asked.append(name) or scope(name))
        UsualLoop(twin, self.config(policy="defaults")).opened()
        assert asked.count("/cpu:0") == 3  # building, training and telling
