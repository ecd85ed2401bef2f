"""Graphs, branches and retracing in TensorFlow."""

from typing import ClassVar

import keras
import pytest

pytest.register_assert_rewrite("tests.engine.graphs_suite")
from tests.engine.graphs_suite import GraphsSuite  # noqa: E402


class TestTensorFlow(GraphsSuite):
    framework = "tensorflow"
    raises: ClassVar = {"in_one_graph": "OperatorNotAllowedInGraphError"}
    compilations: ClassVar = {
        "generalising": [1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2],
        "static": [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        "any_size": [1] * 11,
    }

    @pytest.fixture(autouse=True)
    def _as_before(self):
        yield
        keras.backend.clear_session()
