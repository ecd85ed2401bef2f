"""The views of a side on disk: an .npz file each, a few dozen of them spread over all of its steps."""

import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from engine.config import RunConfig
from engine.events import Viewed
from engine.store.view_shapes import WHOLE, complete, fits, holds, lengths_of
from engine.views import View

FOLDER = "views"
KEPT = 60
DAMAGED = (OSError, ValueError, EOFError, zlib.error, struct.error, RuntimeError, zipfile.BadZipFile)


class ViewError(Exception):
    """A view cannot be read; the message is one sentence for a person."""


def save(folder: Path, view: View) -> Viewed:
    """Write `view` below the side's folder and thin out the others. Raises OSError where the disk is full."""
    (folder / FOLDER).mkdir(exist_ok=True)
    draft, path = folder / FOLDER / ".draft", _path(folder, view.step)
    try:
        with draft.open("wb") as file:
            np.savez(file, **view.arrays)  # type: ignore[arg-type]
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    thin(folder, view.step)
    return Viewed(view.step, f"{FOLDER}/{path.name}")


def thin(folder: Path, newest: int) -> None:
    """Thin out the views of the side, the newest of which was taken after `newest` steps."""
    for step in _superfluous(steps(folder), newest):
        _path(folder, step).unlink()


def steps(folder: Path) -> list[int]:
    """The steps of which there are views, in order."""
    return sorted(int(path.stem) for path in (folder / FOLDER).glob("*.npz") if path.stem.isdecimal())


def load(folder: Path, step: int, config: RunConfig | None = None) -> dict[str, np.ndarray]:
    """The arrays of the view after `step` steps, as View names them, and as `config` has them. Raises ViewError."""
    path = _path(folder, step)
    try:
        lengths = _lengths(path, lengths_of(config) if config else {})
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        if not holds(arrays, lengths.get("c")):
            raise ValueError("values that no view has")
    except FileNotFoundError:
        raise ViewError(f"The view of step {step:,} is not kept any more.") from None
    except DAMAGED:
        raise ViewError(f"The view of step {step:,} cannot be read: its file is damaged.") from None
    return arrays


def load_together(folders: Mapping[str, Path], steps: Mapping[str, int], config: RunConfig) -> dict[str, dict]:
    """The arrays of each side at its step: the same ones, and of the same shapes but for filters. Raises ViewError."""
    views = {side: load(folders[side], step, config) for side, step in steps.items()}
    shapes = [{name: name == "filters" or of.shape for name, of in view.items()} for view in views.values()]
    if any(shape != shapes[0] for shape in shapes):
        raise ViewError("The views of both sides are not of the same kind, so they cannot be shown together.")
    return views


def _lengths(path: Path, known: Mapping[str, int]) -> dict[str, int]:
    """How long each axis of AXES is, by its letter, before any array is read; ValueError where that cannot be.

    `save` packs nothing, so what is in the file takes no more than the file.
    """
    found = dict(known)
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        names = [info.filename.removesuffix(".npy") for info in infos]
        if len({*names}) < len(names) or not complete({*names}):
            raise ValueError("other arrays than a view has")
        packed = any(info.compress_type != zipfile.ZIP_STORED for info in infos)
        if packed or sum(info.file_size for info in infos) > path.stat().st_size:
            raise ValueError("more than the file holds")
        for info, name in zip(infos, names, strict=True):
            with archive.open(info) as part:
                if np.lib.format.read_magic(part) != (1, 0):
                    raise ValueError("another format")
                shape, _, dtype = np.lib.format.read_array_header_1_0(part)
                if math.prod(shape) * dtype.itemsize != info.file_size - part.tell():
                    raise ValueError("another size")
            if dtype.kind != ("i" if name in WHOLE else "f") or not fits(name, shape, found):
                raise ValueError("another shape")
    return found


def _path(folder: Path, step: int) -> Path:
    return folder / FOLDER / f"{step:012d}.npz"


def _superfluous(kept: list[int], newest: int) -> list[int]:
    """Later steps, which belong to a training that was begun again; then those closest to their neighbours."""
    gone = [step for step in kept if step > newest]
    kept = [step for step in kept if step <= newest]
    while len(kept) > KEPT:
        gone.append(kept.pop(min(range(1, len(kept) - 1), key=lambda place: kept[place + 1] - kept[place - 1])))
    return gone
