"""Exports of every network in either framework: the same tests run on each in a process of its own."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.exports import check, timing, write
from engine.exports.catalogue import FORMATS
from engine.exports.results import judged
from engine.fairness.weights import initial_weights
from engine.networks.catalogue import NETWORKS
from engine.store import checkpoints
from engine.training import CheckpointState
from engine.twins import network_twin


def changed(name: str, array: np.ndarray) -> np.ndarray:
    """Weights and running statistics as if they had been trained: no longer those that a new network has."""
    if not name.startswith(("weights/", "running/")) or array.dtype.kind != "f":
        return array
    numbers = np.random.default_rng(len(name)).uniform(0.8, 1.2, array.shape)
    return (array * numbers).astype(array.dtype)


class Exported:
    """A side of a run, exported, and what its processes would have said."""

    def __init__(self, framework: str, folder: Path, network: str, **fields: Any):
        self.framework, self.folder = framework, folder
        self.config = RunConfig.build({"network": network} | fields)
        twin = importlib.import_module(f"engine.frameworks.train_{framework}")
        twin.configure(self.config)
        split = prepare(self.config)
        build = network_twin(self.config, framework).build
        self.session = twin.Session(self.config, split, build, initial_weights(self.config))
        arrays = {name: changed(name, array) for name, array in self.session.state().items()}
        self.session.restore(arrays)
        self.rows = write.compared(split)
        self.saved = checkpoints.save(folder, CheckpointState(1, arrays, None, 0))

    def asked(self, name: str) -> str:
        """What the processes read."""
        asked = {"format": name, "config": self.config.model_dump(mode="json")}
        return json.dumps(asked | {"checkpoint": str(self.folder / self.saved.file)})

    def to(self, name: str) -> dict[str, Any]:
        """Write and check in this process."""
        (self.folder / "request.json").write_text(self.asked(name))
        write.main(self.framework, self.folder)
        check.main(self.framework, self.folder)
        told = {}
        for part in ("written", "checked"):
            told |= json.loads((self.folder / f"{part}.json").read_text())
        return told | {"state": judged(told, FORMATS[name].tolerance)}

    def own_outputs(self) -> tuple[np.ndarray, np.ndarray]:
        """What the export says the framework answers, and what the trained session itself does."""
        with np.load(self.folder / "reference.npz") as kept:
            outputs = kept["outputs_32"]
        if self.framework == "tensorflow" and outputs.ndim == 4:
            outputs = np.moveaxis(outputs, -1, 1)
        return outputs, self.session.predict(self.rows)


class ExportSuite:
    framework = ""

    @pytest.fixture(autouse=True)
    def _short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(timing, "CALLS", 2)
        monkeypatch.setattr(timing, "WARM_UP", 1)
        monkeypatch.setattr(write, "MOST_ROWS", {1: 3, 32: 64})
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # which both processes replace

    @pytest.fixture
    def trained(self, tmp_path: Path):
        """A function that makes a side of a run."""
        return lambda network, **fields: Exported(self.framework, tmp_path, network, **fields)

    @pytest.mark.parametrize("network", NETWORKS)
    def test_every_network_becomes_onnx_with_the_runs_own_weights(self, trained, network):
        side = trained(network)
        told = side.to("onnx")
        assert told["state"] == "verified", told
        assert told["rows"]["1"] == 3
        own, trained_ones = side.own_outputs()
        assert np.abs(own - trained_ones).max() <= 1e-5 * max(1, np.abs(own).max())

    def test_dropout_and_own_defaults_are_exported_too(self, trained):
        side = trained("mlp", policy="defaults", network_options={"dropout": 0.5, "activation": "gelu"})
        assert side.to("onnx")["state"] == "verified"
        assert np.allclose(*side.own_outputs(), atol=1e-5)

    def test_rounded_weights_differ_and_stay_within_their_tolerance(self, trained):
        told = trained("mlp").to("onnx_int8")
        assert told["state"] == "verified", told
        assert told["difference"]["32"] > 1e-4

    def test_other_weights_are_never_verified(self, trained):
        side = trained("mlp")
        side.to("onnx")
        with np.load(side.folder / "reference.npz") as kept:
            arrays = dict(kept)
        arrays["outputs_32"] = arrays["outputs_32"] * 1.001
        np.savez(side.folder / "reference.npz", **arrays)
        check.main(self.framework, side.folder)
        told = json.loads((side.folder / "checked.json").read_text())
        assert judged(told, FORMATS["onnx"].tolerance) == "differs"
