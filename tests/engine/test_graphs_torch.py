"""Graphs, branches and recompilations in PyTorch."""

from typing import ClassVar

import pytest
import torch

pytest.register_assert_rewrite("tests.engine.graphs_suite")
from tests.engine.graphs_suite import GraphsSuite  # noqa: E402


class TestTorch(GraphsSuite):
    framework = "torch"
    uncaptured = ("lstm", "gru")
    raises: ClassVar = {"in_one_graph": "Unsupported", "exported": "GuardOnDataDependentSymNode"}
    compilations: ClassVar = {
        "generalising": [1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3],
        "static": [1, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8],  # which is Dynamo's limit
        "any_size": [1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2],
    }

    @pytest.fixture(autouse=True)
    def _as_before(self):
        with torch._dynamo.config.patch(recompile_limit=8):  # PyTorch's own; a session that compiles raises it
            yield
        torch._dynamo.reset()
