"""The result of an examination, read again: what parity and the microscope found."""

import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from engine.config import FRAMEWORKS
from engine.examinations.examination import SCHEMA
from engine.fairness.divergence import Divergence, diverge
from engine.fairness.parity import Check, Flip, flipped, leaves_floor, relative, verdict, weight_differences
from engine.tasks.task import TaskError

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Curves:
    """One precision: the sides' relative difference and the noise floor, each (steps,), and the checks.

    The floor is the larger of each framework's difference from itself when it begins with weights changed by one
    rounding. `leaves` is the step at which the difference leaves it, None where it does not.
    """

    precision: str
    checks: list[Check]
    difference: np.ndarray
    floor: np.ndarray
    leaves: int | None
    weights: dict[str, float]  # relative difference after the last step, by name


@dataclass(frozen=True)
class ParityResult:
    """`flip` is the first ReLU that is open on one side only, shortly before float32 leaves its floor."""

    float64: Curves
    float32: Curves
    flip: Flip | None
    signs: int  # how many values before ReLUs were compared at each step
    batch_norm: bool
    time: float

    @property
    def passed(self) -> bool:
        """Whether every check holds."""
        return all(check.passed for check in (*self.float64.checks, *self.float32.checks))


@dataclass(frozen=True)
class MicroscopeResult:
    divergence: Divergence
    precision: str
    time: float


def read_parity(folder: Path) -> ParityResult | None:
    """The result in `folder`; None where there is none. Raises TaskError where it is damaged."""
    return _reading(folder, _parity)


def read_microscope(folder: Path) -> MicroscopeResult | None:
    """The result in `folder`; None where there is none. Raises TaskError where it is damaged."""
    return _reading(folder, _microscope)


def _reading(folder: Path, of: Callable[[dict, dict[str, Arrays]], Any]) -> Any:
    try:
        stamps = tuple((path.name, path.stat().st_mtime_ns) for path in sorted(folder.glob("*")))
        return _found(folder, of, stamps)
    except FileNotFoundError:
        if folder.exists():
            raise TaskError(f"The result in {folder} lacks a file; examine again.") from None
        return None
    except OSError as error:
        raise TaskError(f"The result in {folder} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, EOFError, IndexError, zlib.error, zipfile.BadZipFile) as error:
        why = str(error).strip("'\"").splitlines()
        raise TaskError(f"The result in {folder} is damaged ({(why or ['?'])[0]}); examine again.") from None


@lru_cache(maxsize=4)  # a page asks for the same result at every touch of a slider
def _found(folder: Path, of: Callable[[dict, dict[str, Arrays]], Any], stamps: tuple) -> Any:
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    if request["schema"] != SCHEMA:
        raise TaskError(f"The result in {folder} is of another version; examine again.")
    return of(request, {side: _arrays(folder / f"{side}.npz") for side in FRAMEWORKS})


def _arrays(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def part(arrays: Arrays, prefix: str) -> Arrays:
    """What begins with `prefix`, without it."""
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def curves(sides: dict[str, Arrays], name: str, precision: str) -> Curves:
    """What the trainings `name` and `name`-perturbed of both sides say, in `precision`."""
    losses = {side: arrays[f"{name}/losses"] for side, arrays in sides.items()}
    shifted = {side: arrays[f"{name}-perturbed/losses"] for side, arrays in sides.items()}
    difference = relative(losses["torch"], losses["tensorflow"])
    own = [relative(losses[side], shifted[side]) for side in sides]
    count = min(map(len, own))
    floor = np.fmax(own[0][:count], own[1][:count])
    steps = len(difference)
    weights = [part(arrays, f"{name}/weights/{steps}/") for arrays in sides.values()]
    apart = weight_differences(*weights) if all(weights) else {}
    checks = verdict(losses["torch"], losses["tensorflow"], precision)
    return Curves(precision, checks, difference, floor, leaves_floor(difference, floor, precision), apart)


def parity_of(sides: dict[str, Arrays], float64: str, float32: str, time: float) -> ParityResult:
    """What both sides' trainings of these names say."""
    single = curves(sides, float32, "float32")
    signs = [part(arrays, f"{float32}/signs/") for arrays in sides.values()]
    flip = None if single.leaves is None else flipped(signs[0], signs[1], single.leaves)
    first = sides["torch"]
    watched = int(first[f"{float32}/signs_of"].max(initial=0))
    return ParityResult(
        curves(sides, float64, "float64"), single, flip, watched, bool(first[f"{float32}/batch_norm"]), time
    )


def _parity(request: dict, sides: dict[str, Arrays]) -> ParityResult:
    return parity_of(sides, "float64", "float32", request["time"])


def _microscope(request: dict, sides: dict[str, Arrays]) -> MicroscopeResult:
    precision = request["jobs"][0]["name"]
    torch, tensorflow = (part(arrays, f"{precision}/") for arrays in sides.values())
    torch_again, tensorflow_again = (part(arrays, f"{precision}-perturbed/") for arrays in sides.values())
    found = diverge(torch, tensorflow, torch_again, tensorflow_again, int(torch["first_step"]))
    return MicroscopeResult(found, precision, request["time"])
