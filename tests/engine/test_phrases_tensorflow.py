"""The phrase book in TensorFlow."""

import keras
import pytest

pytest.register_assert_rewrite("tests.engine.phrase_suite")
from tests.engine.phrase_suite import PhraseSuite  # noqa: E402


class TestTensorFlow(PhraseSuite):
    framework = "tensorflow"

    def test_a_keras_file_needs_the_classes_that_are_one_s_own(self, tmp_path):
        class Own(keras.layers.Dense):
            pass

        path = tmp_path / "network.keras"
        keras.Sequential([keras.Input((3,)), Own(2)]).save(path)
        with pytest.raises(TypeError, match="Could not locate class 'Own'"):
            keras.saving.load_model(path)
