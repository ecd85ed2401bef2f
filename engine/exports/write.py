"""The process that writes one side of a finished run in one format: `python -m engine.exports.write SIDE FOLDER`.

FOLDER holds request.json. The file goes there under its format's name, what the framework itself answers to
reference.npz, the rest to written.json, and what was raised to error.json.
"""

import importlib
import json
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np

from engine import system
from engine.config import RunConfig
from engine.datasets.split import Split, prepare
from engine.exports.catalogue import EXPORTED, FORMATS
from engine.exports.telling import telling
from engine.exports.timing import BATCHES, answers, latency
from engine.fairness.defaults import matched_layers_of
from engine.store import checkpoints
from engine.twins import network_twin

MOST_ROWS = {1: 64, 32: 512}
# Matched layers that do in evaluation what the framework's own do, and whose classes a file would not hold.
ONLY_TRAINING = ("running_variance", "dropout_masks")


def main(side: str, folder: Path) -> None:
    """Write, and keep what the framework answers itself."""
    sys.excepthook = telling(folder)
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    usual = {"precision": "float32", "workers": 1, "device": {"torch": "cpu", "tensorflow": "cpu"}, "threads": 1}
    config = RunConfig.build(request["config"] | usual)
    split = prepare(config)
    twin = importlib.import_module(f"engine.exports.written_{side}")
    arrays = checkpoints.load(Path(request["checkpoint"])).arrays
    build = network_twin(config, side).build
    inputs = twin.own_layout(compared(split))
    own = twin.restored(config, split.form, build, matched_layers_of(config), arrays)
    told = reference(twin, own, inputs, folder)
    network = twin.restored(config, split.form, build, written_layers(config, request["format"]), arrays)
    form = FORMATS[request["format"]]
    single = form.single(side, config.network_entry.recurrent)
    path = folder / (EXPORTED if side in form.converters else form.file)
    begun = time.perf_counter()
    _write(twin, form.name, network, inputs[: 1 if single else BATCHES[1]], path, single)
    told |= {"export_seconds": time.perf_counter() - begun, "version": twin.VERSION}
    told |= {"classes": config.form.task == "classification", "batches": BATCHES[:1] if single else BATCHES}
    system.write_whole(folder / "written.json", json.dumps(told))


def written_layers(config: RunConfig, name: str) -> tuple[str, ...]:
    """The matched layers of the network that is written, as far as the format can hold them.

    Keras' own GELU uses an operation, Erfc, that tf2onnx 1.17 does not know; the matched one is the same function by
    another. A .keras file can only hold Keras' own.
    """
    kept = [one for one in matched_layers_of(config) if one not in (*ONLY_TRAINING, "gelu")]
    return tuple(kept) if name == "keras" else (*kept, "gelu")


def compared(split: Split) -> np.ndarray:
    """The rows that both sides and all formats are asked about: for validation, as whole batches of 32, evenly chosen.

    Where there are fewer than a batch they are repeated.
    """
    rows = split.validation_inputs if len(split.validation_inputs) else split.inputs
    batch = BATCHES[1]
    count = max(batch, min(len(rows) // batch * batch, MOST_ROWS[batch]))
    chosen = rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)]
    return chosen.astype(np.int64 if chosen.dtype.kind == "i" else np.float32)


def reference(twin: ModuleType, network: object, inputs: np.ndarray, folder: Path) -> dict:
    """Keep inputs and the framework's own outputs at each batch size; returns how long its own calls take."""
    own = twin.answering(network)
    outputs = {f"outputs_{batch}": answers(own, inputs[: MOST_ROWS[batch]], batch) for batch in BATCHES}
    np.savez(folder / "reference.npz", inputs=inputs, **outputs)  # type: ignore[arg-type]
    return {"own_latency": {str(batch): latency(own, inputs[:batch]) for batch in BATCHES}}


def _write(twin: ModuleType, name: str, network: object, example: np.ndarray, path: Path, single: bool) -> None:
    if name != "onnx_int8":
        twin.write(name, network, example, path, single)
        return
    from onnxruntime.quantization import quantize_dynamic  # not everybody has it

    whole = path.with_name("whole.onnx")
    twin.write("onnx", network, example, whole, single)
    quantize_dynamic(whole, path)
    for left in path.parent.glob("whole.onnx*"):
        left.unlink()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
