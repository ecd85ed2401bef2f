"""Files for phones, made of a torch.export file by converters of an environment of their own, where this is loaded."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch


def convert(name: str, exported: Path, path: Path) -> None:
    """Write the exported graph to `path` as executorch or litert."""
    program = torch.export.load(exported)
    if name == "executorch":
        _write_executorch(program, path)
    else:
        _write_litert(program, path)


def _write_executorch(program: torch.export.ExportedProgram, path: Path) -> None:
    """With XNNPACK, the backend for processors of phones, for all operations that it has."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower

    lowered = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
    path.write_bytes(lowered.to_executorch().buffer)


def _write_litert(program: torch.export.ExportedProgram, path: Path) -> None:
    import litert_torch

    arguments, _ = program.example_inputs
    litert_torch.convert(program.module(), arguments).export(str(path))


def loader() -> Callable[[Path], Callable[[np.ndarray], np.ndarray]]:
    """What loads a file to be run by ExecuTorch with one thread; importing that is not part of the loading."""
    from executorch.extension.pybindings import portable_lib
    from executorch.runtime import Runtime

    portable_lib._unsafe_reset_threadpool(1)  # else it takes every core
    runtime = Runtime.get()

    def load(path: Path) -> Callable[[np.ndarray], np.ndarray]:
        method = runtime.load_program(path).load_method("forward")
        return lambda inputs: method.execute([torch.from_numpy(inputs)])[0].numpy()

    return load
