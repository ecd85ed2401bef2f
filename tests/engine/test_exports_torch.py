"""Exports from PyTorch: see exports_suite.py."""

import json
import subprocess
from typing import Any

import pytest

from engine.exports.catalogue import FORMATS
from engine.exports.exporting import _python
from engine.exports.results import judged
from engine.workers import settings, with_home
from tests.engine.exports_suite import Exported, ExportSuite


def converted(side: Exported, name: str) -> dict[str, Any]:
    """Written here, converted by the environment of the converters, and checked by whichever can."""
    (side.folder / "request.json").write_text(side.asked(name))
    told: dict[str, Any] = {}
    for step in ("write", "convert", "check"):
        command = [_python(step, ("torch", name)), "-m", f"engine.exports.{step}", "torch", str(side.folder)]
        subprocess.run(command, env=with_home(settings(1, "cpu")), check=True, timeout=300)
    for part in ("written", "converted", "checked"):
        told |= json.loads((side.folder / f"{part}.json").read_text())
    return told | {"state": judged(told, FORMATS[name].tolerance)}


class TestExportsTorch(ExportSuite):
    framework = "torch"

    @pytest.mark.parametrize("network", ["mlp", "lstm"])
    def test_its_own_format(self, trained, network):
        assert trained(network).to("pt2")["state"] == "verified"

    @pytest.mark.skipif(bool(FORMATS["aoti"].missing("torch")), reason="There is no C++ compiler here.")
    def test_compiled_ahead_of_time(self, trained):
        assert trained("mlp").to("aoti")["state"] == "verified"

    @pytest.mark.skipif(bool(FORMATS["executorch"].missing("torch")), reason="Its environment is not here.")
    @pytest.mark.parametrize("network", ["mlp", "resnet", "transformer", "lstm"])
    def test_for_phones_by_executorch(self, trained, network):
        told = converted(trained(network), "executorch")
        assert (told["state"], told["batches"]) == ("verified", [1] if network == "lstm" else [1, 32])
        assert told["runtime"].startswith("ExecuTorch ")

    @pytest.mark.skipif(bool(FORMATS["litert"].missing("torch")), reason="Its environment is not here.")
    @pytest.mark.parametrize("network", ["mlp", "resnet", "transformer", "lstm"])
    def test_for_phones_by_litert(self, trained, network):
        told = converted(trained(network), "litert")
        assert (told["state"], told["batches"]) == ("verified", [1])
        assert told["runtime"].startswith("LiteRT ")

    def test_the_onnx_file_stands_alone(self, trained):
        side = trained("mlp")
        side.to("onnx")
        assert [path.name for path in side.folder.glob("*onnx*")] == ["model.onnx"]
