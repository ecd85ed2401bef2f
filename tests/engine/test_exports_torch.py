"""Exports from PyTorch: see exports_suite.py."""

import pytest

from engine.exports.catalogue import FORMATS
from tests.engine.exports_suite import ExportSuite


class TestExportsTorch(ExportSuite):
    framework = "torch"

    @pytest.mark.parametrize("network", ["mlp", "lstm"])
    def test_its_own_format(self, trained, network):
        assert trained(network).to("pt2")["state"] == "verified"

    @pytest.mark.skipif(bool(FORMATS["aoti"].missing("torch")), reason="There is no C++ compiler here.")
    def test_compiled_ahead_of_time(self, trained):
        assert trained("mlp").to("aoti")["state"] == "verified"

    def test_the_onnx_file_stands_alone(self, trained):
        side = trained("mlp")
        side.to("onnx")
        assert [path.name for path in side.folder.glob("*onnx*")] == ["model.onnx"]
