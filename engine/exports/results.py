"""What came of exports: the files of a run's folder `exports/<side>-<format>/`, read and judged."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.exports.catalogue import FORMATS, Format
from engine.runs import Store, StoreError

SAME_CLASS = 0.9  # of the rows, at the least, keep the class that the framework gave them


class ExportError(StoreError):
    """An export that cannot be done, or whose result cannot be read; the message is one sentence for a person."""


@dataclass(frozen=True)
class Result:
    """One export. `told` is what its processes found, in seconds and bytes; of a failed one only `message` is there."""

    side: str
    format: Format
    state: str
    message: str
    told: dict[str, Any]
    path: Path

    def as_json(self) -> dict[str, Any]:
        """As the command line prints it."""
        shown = {"side": self.side, "format": self.format.name, "state": self.state, "message": self.message}
        return shown | {"path": str(self.path)} | self.told


def folder(store: Store, run: str, side: str, name: str) -> Path:
    """Where the export of one side in one format is, or will be. Raises RunNotFound."""
    return store.folder(run) / "exports" / f"{side}-{name}"


def allowed(told: dict[str, Any], tolerance: float) -> float:
    """The largest difference of an output that still passes: the tolerance is a share of the framework's largest."""
    return tolerance * told["largest"]


def judged(told: dict[str, Any], tolerance: float) -> str:
    """`verified` where no output differs by more than is allowed, and a classifier's rows keep their class.

    A difference alone does not tell of a classifier: classes that lie close together change places within it.
    """
    close = max(told["difference"].values()) <= allowed(told, tolerance)
    return "verified" if close and min(told["agreement"].values(), default=1.0) >= SAME_CLASS else "differs"


def read(store: Store, run: str, side: str, name: str) -> Result | None:
    """The export; None where there is none. Raises ExportError where it is damaged, and RunNotFound."""
    where = folder(store, run, side, name)
    try:
        kept = json.loads((where / "result.json").read_text(encoding="utf-8"))
        form = FORMATS[name]
        message = str(kept["message"])
        state = "failed" if message else judged(kept["told"], form.tolerance)
        return Result(side, form, state, message, kept["told"], where / form.file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise ExportError(f"The result in {where} is damaged; export it again.") from None


@dataclass(frozen=True)
class Crossed:
    """Both sides' files in one format, run by the same runtime on the same inputs."""

    format: Format
    runtime: str
    rows: int
    difference: float
    largest: float
    agreement: float | None


def crossed(store: Store, run: str, name: str) -> Crossed | None:
    """Both sides compared; None where one is missing. Raises ExportError where they cannot be compared."""
    results = {side: read(store, run, side, name) for side in FORMATS[name].sides}
    if len(results) < 2 or not all(one and one.state != "failed" for one in results.values()):
        return None
    sides = [_outputs(folder(store, run, side, name) / "outputs.npz", side) for side in results]
    (given, one), (other_given, other) = sides
    told = [one.told for one in results.values() if one]
    rows = min(len(one), len(other))  # a file for a batch of 1 alone is asked about fewer
    one, other = one[:rows], other[:rows]
    if told[0]["runtime"] != told[1]["runtime"] or not np.array_equal(given[:rows], other_given[:rows]):
        raise ExportError("The two files were checked by different versions or on different rows; export both again.")
    agreement = float((one.argmax(-1) == other.argmax(-1)).mean()) if told[0]["classes"] else None
    largest = float(max(np.abs(one).max(), np.abs(other).max()))
    difference = float(np.abs(one - other).max())
    return Crossed(FORMATS[name], told[0]["runtime"], rows, difference, largest, agreement)


def _outputs(path: Path, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and outputs with images' channels first on both sides."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            pair = kept["inputs"], kept["outputs"]
    except (OSError, ValueError, KeyError):
        raise ExportError(f"The file {path} is damaged; export it again.") from None
    first, second = (np.moveaxis(one, -1, 1) if side == "tensorflow" and one.ndim == 4 else one for one in pair)
    return first, second
