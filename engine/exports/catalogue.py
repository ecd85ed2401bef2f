"""The formats that a finished run can be exported to: what each needs, how exact it has to be, and what it is."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

from engine import system
from engine.exports import mobile

INSTALL = ".venv/bin/pip install -r requirements-deploy.txt"
EXACT = 1e-5  # of the largest output, for files that compute in float32 as the framework does
ROUNDED = 0.05  # of the largest output, where weights are rounded to 8 bits: real exports stay below 0.02
ONNX_RUNTIME, LITERT, EXECUTORCH = "ONNX Runtime", "LiteRT", "ExecuTorch"
EXPORTED = "exported.pt2"  # what a converter is given


@dataclass(frozen=True)
class Format:
    """One format. `needs` are modules by side, beside the framework; `tolerance` is a share of the largest output.

    `note` is a dated sentence. `served` says whether our server can answer with it, `comparable` whether both sides
    have it and one runtime runs both files. `converters` are modules by side that make the file of a torch.export file
    in an environment of their own.
    """

    name: str
    title: str
    file: str
    runtime: str
    needs: Mapping[str, tuple[str, ...]]
    note: str
    tolerance: float = EXACT
    compiler: bool = False
    served: bool = False
    comparable: bool = False
    converters: Mapping[str, str] = field(default_factory=dict)

    @property
    def sides(self) -> tuple[str, ...]:
        return tuple(self.needs)

    def missing(self, side: str) -> str:
        """What is not here, as one sentence with the line that installs it; empty where all is."""
        if self.compiler and not shutil.which(system.COMPILER):
            return f"{self.title} compiles, and there is no {system.COMPILER} here: install a C++ compiler."
        lacking = [module for module in self.needs[side] if find_spec(module) is None]
        if lacking:
            return f"Not present: {', '.join(lacking)}. To install: {INSTALL}"
        converter = self.converters.get(side)
        if converter and not mobile.has(converter):
            return f"Not present: {converter}, in an environment of its own. To install: {mobile.INSTALL}"
        return ""

    def single(self, side: str, recurrent: bool) -> bool:
        """Whether the file is for a batch of 1 alone: from PyTorch to LiteRT always, else of recurrent networks."""
        return self.runtime in (LITERT, EXECUTORCH) and (recurrent or (self.runtime == LITERT and side == "torch"))


_ONNX = {"torch": ("onnx", "onnxscript", "onnxruntime"), "tensorflow": ("onnx", "tf2onnx", "onnxruntime")}
_LITERT = dict.fromkeys(("torch", "tensorflow"), ("ai_edge_litert",))

FORMATS = {
    found.name: found
    for found in (
        Format(
            "onnx",
            "ONNX",
            "model.onnx",
            ONNX_RUNTIME,
            _ONNX,
            "The common format: ONNX Runtime runs it on servers, phones and in the browser. PyTorch writes it by "
            "torch.export (dynamo), Keras by tf2onnx (November 2026).",
            served=True,
            comparable=True,
        ),
        Format(
            "onnx_int8",
            "ONNX, int8",
            "model.onnx",
            ONNX_RUNTIME,
            _ONNX,
            "The same with weights of 8 bits, by ONNX Runtime's dynamic quantisation: a quarter of the size, and not "
            "always faster (November 2026).",
            ROUNDED,
            served=True,
            comparable=True,
        ),
        Format(
            "pt2",
            "torch.export",
            "model.pt2",
            "PyTorch",
            {"torch": ()},
            "PyTorch's own exported graph, which needs PyTorch to run; it took the place of TorchScript "
            "(November 2026).",
        ),
        Format(
            "aoti",
            "AOTInductor",
            "model.pt2",
            "PyTorch, compiled",
            {"torch": ()},
            "The exported graph compiled to a library for this kind of processor; C++ programs can load it without "
            "Python (November 2026).",
            compiler=True,
        ),
        Format(
            "executorch",
            "ExecuTorch",
            "model.pte",
            EXECUTORCH,
            {"torch": ()},
            "PyTorch on phones and small devices, here with XNNPACK for their processors (November 2026).",
            converters={"torch": "executorch"},
        ),
        Format(
            "keras",
            ".keras",
            "model.keras",
            "Keras",
            {"tensorflow": ()},
            "Keras' own file: weights and the names of layers. It holds no code, so classes of one's own are not in it "
            "(November 2026).",
        ),
        Format(
            "saved_model",
            "SavedModel",
            "saved_model",
            "TensorFlow",
            {"tensorflow": ()},
            "TensorFlow's graph with its weights, a folder: what TensorFlow Serving loads (November 2026).",
            served=True,
        ),
        Format(
            "litert",
            "LiteRT",
            "model.tflite",
            LITERT,
            _LITERT,
            "For phones and small devices; it was called TensorFlow Lite until 2024. From PyTorch, litert-torch "
            "writes it (November 2026).",
            comparable=True,
            converters={"torch": "litert_torch"},
        ),
        Format(
            "litert_int8",
            "LiteRT, int8",
            "model.tflite",
            LITERT,
            {"tensorflow": ("ai_edge_litert",)},
            "The same with weights of 8 bits, by dynamic quantisation; tensors of fewer than 1,024 numbers stay as "
            "they are (November 2026).",
            ROUNDED,
        ),
    )
}

# What is not exported here, and why, as dated sentences.
NOT_OFFERED = {
    "TorchScript": "Deprecated: torch.export took its place (November 2026).",
    "TensorFlow.js": "Its converter has had no release since October 2024 and does not install beside this TensorFlow "
    "(November 2026).",
    "ONNX Runtime Web": "Needs no export of its own: in the browser it loads the ONNX file as it is, by "
    "`ort.InferenceSession.create('model.onnx')` of the npm package onnxruntime-web (November 2026).",
}


def of_side(side: str) -> list[Format]:
    """The formats that a framework can be exported to."""
    return [found for found in FORMATS.values() if side in found.sides]
