"""Exported files loaded in the runtime that each is for: in processes that have one of these runtimes, and no other."""

import importlib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import numpy as np

from engine.exports.catalogue import EXECUTORCH, FORMATS, LITERT, ONNX_RUNTIME

MOBILE = "engine.exports.mobile_only_torch"
Answer = Callable[[np.ndarray], np.ndarray]


def opener(side: str, name: str) -> tuple[str, Callable[[Path], Answer]]:
    """The runtime's name and version once it is imported, and what loads a file of that format with one thread."""
    runtime = FORMATS[name].runtime
    if runtime == ONNX_RUNTIME:
        return f"{runtime} {metadata.version('onnxruntime')}", _onnx()
    if runtime == LITERT:
        return f"{runtime} {metadata.version('ai-edge-litert')}", _litert()
    if runtime == EXECUTORCH:
        return f"{runtime} {metadata.version('executorch')}", importlib.import_module(MOBILE).loader()
    twin = importlib.import_module(f"engine.exports.reloaded_{side}")
    return twin.VERSION, lambda path: twin.load(name, path)


def _onnx() -> Callable[[Path], Answer]:
    import onnxruntime  # not everybody has it

    def load(path: Path) -> Answer:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        (given,) = session.get_inputs()
        return lambda inputs: session.run(None, {given.name: inputs})[0]

    return load


def _litert() -> Callable[[Path], Answer]:
    from ai_edge_litert.interpreter import Interpreter  # not everybody has it

    def load(path: Path) -> Answer:
        interpreter = Interpreter(str(path), num_threads=1)
        interpreter.allocate_tensors()
        (given,), (out,) = interpreter.get_input_details(), interpreter.get_output_details()
        sizes = [given["shape"][0]]

        def answer(inputs: np.ndarray) -> np.ndarray:
            if len(inputs) != sizes[0]:
                interpreter.resize_tensor_input(given["index"], inputs.shape)
                interpreter.allocate_tensors()
                sizes[0] = len(inputs)
            interpreter.set_tensor(given["index"], inputs.astype(given["dtype"]))  # it has tokens in 32 bits
            interpreter.invoke()
            return interpreter.get_tensor(out["index"])

        return answer

    return load
