"""Exports told by hand: results as the processes would have left them, and an ONNX file that needs no framework."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from engine.exports.catalogue import FORMATS
from engine.exports.results import folder
from engine.runs import Store
from engine.system import HOST

INPUTS = np.linspace(-1, 1, 32 * 4, dtype=np.float32).reshape(32, 4)
WEIGHT = np.arange(12, dtype=np.float32).reshape(4, 3)
LATENCY = {batch: {"p50": 1e-5, "p95": 2e-5, "calls": 9} for batch in ("1", "32")}


def told(difference: float = 0.0, **more: object) -> dict:
    """What the processes found: outputs up to 10, of which one differs so much."""
    found = {"version": "PyTorch 2", "runtime": "ONNX Runtime 1.2", "export_seconds": 1.0, "load_seconds": 0.01}
    found |= {"difference": {"1": 0.0, "32": difference}, "largest": 10.0, "agreement": {"1": 1.0, "32": 0.95}}
    found |= {"rows": {"1": 32, "32": 32}, "latency": LATENCY, "own_latency": LATENCY, "classes": True}
    return (
        found
        | {"batches": [1, 32], "bytes": 2000, "packages": {}, "time": 0.0, "host": HOST, "others_share": 0.01}
        | more
    )


def exported(
    store: Store, run: str, side: str, name: str = "onnx", message: str = "", shift: float = 0.0, **more: object
) -> Path:
    """An export in its place; a file's outputs are those of `onnx_file`, `shift` larger."""
    place = folder(store, run, side, name)
    place.mkdir(parents=True)
    found = {"time": 0.0, "host": HOST} if message else told(**more)
    (place / "result.json").write_text(json.dumps({"message": message, "told": found}))
    if not message:
        onnx_file(place / FORMATS[name].file)
        np.savez(place / "outputs.npz", inputs=INPUTS, outputs=INPUTS @ WEIGHT + shift)
    return place


def onnx_file(path: Path) -> None:
    """A network that multiplies inputs (batch, 4) by WEIGHT."""
    floats = TensorProto.FLOAT
    given = helper.make_tensor_value_info("x", floats, ("batch", 4))
    out = helper.make_tensor_value_info("y", floats, ("batch", 3))
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    graph = helper.make_graph(nodes, "product", [given], [out], [numpy_helper.from_array(WEIGHT, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
