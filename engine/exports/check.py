"""The process that reloads an exported file alone and checks it: `python -m engine.exports.check SIDE FOLDER`.

It knows nothing of the run's network: only FOLDER's request.json, the file, and reference.npz with the inputs and what
the framework itself answered. What was found goes to checked.json, the file's answers to outputs.npz.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from engine import system
from engine.exports import runtimes
from engine.exports.catalogue import FORMATS
from engine.exports.telling import telling
from engine.exports.timing import answers, latency
from engine.measure.processor import others_share, processor_seconds


def main(side: str, folder: Path) -> None:
    """Load, compare, and measure."""
    sys.excepthook = telling(folder)
    before = processor_seconds([])
    name = json.loads((folder / "request.json").read_text(encoding="utf-8"))["format"]
    version, load = runtimes.opener(side, name)
    begun = time.perf_counter()
    answer = load(folder / FORMATS[name].file)
    told: dict = {"load_seconds": time.perf_counter() - begun, "runtime": version}
    with np.load(folder / "reference.npz", allow_pickle=False) as kept:
        reference = dict(kept)
    written = json.loads((folder / "written.json").read_text(encoding="utf-8"))
    found = {batch: answers(answer, _rows(reference, batch), batch) for batch in written["batches"]}
    told |= compared(found, reference, written["classes"])
    told["latency"] = {str(batch): latency(answer, reference["inputs"][:batch]) for batch in written["batches"]}
    told["others_share"] = others_share(before, processor_seconds([]))  # of all of it: the timed calls alone are short
    np.savez(folder / "outputs.npz", inputs=reference["inputs"], outputs=found[written["batches"][-1]])
    system.write_whole(folder / "checked.json", json.dumps(told))


def compared(found: dict[int, np.ndarray], reference: dict[str, np.ndarray], classes: bool) -> dict[str, Any]:
    """The largest difference from the framework's own outputs by batch size, and the largest of those outputs.

    Of a classifier also the share of answers whose likeliest class is the framework's.
    """
    difference, agreement, largest = {}, {}, 0.0
    for batch, outputs in found.items():
        own = reference[f"outputs_{batch}"]
        if outputs.shape != own.shape or not np.isfinite(outputs).all():
            sys.exit(f"its outputs are no finite numbers of the shape {own.shape}")
        difference[str(batch)] = float(np.abs(outputs - own).max())
        largest = max(largest, float(np.abs(own).max()))
        if classes:
            agreement[str(batch)] = float((outputs.argmax(-1) == own.argmax(-1)).mean())
    rows = {str(batch): len(outputs) for batch, outputs in found.items()}
    return {"difference": difference, "largest": largest, "agreement": agreement, "rows": rows}


def _rows(reference: dict[str, np.ndarray], batch: int) -> np.ndarray:
    return reference["inputs"][: len(reference[f"outputs_{batch}"])]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
