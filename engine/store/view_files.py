"""The views of a side on disk: an .npz file each, a few dozen of them spread over all of its steps."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from engine.events import Viewed
from engine.views import View

FOLDER = "views"
KEPT = 60


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


def load(folder: Path, step: int) -> dict[str, np.ndarray]:
    """The arrays of the view after `step` steps, as View names them. Raises ViewError."""
    try:
        with np.load(_path(folder, step), allow_pickle=False) as file:
            return dict(file)
    except FileNotFoundError:
        raise ViewError(f"The view of step {step:,} is not kept any more.") from None
    except (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile):
        raise ViewError(f"The view of step {step:,} cannot be read: its file is damaged.") from None


def _path(folder: Path, step: int) -> Path:
    return folder / FOLDER / f"{step:012d}.npz"


def _superfluous(kept: list[int], newest: int) -> list[int]:
    """Later steps, which belong to a training that was begun again; then those closest to their neighbours."""
    gone = [step for step in kept if step > newest]
    kept = [step for step in kept if step <= newest]
    while len(kept) > KEPT:
        gone.append(kept.pop(min(range(1, len(kept) - 1), key=lambda place: kept[place + 1] - kept[place - 1])))
    return gone
