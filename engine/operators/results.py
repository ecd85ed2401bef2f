"""The result of a profile, read again: per side its operators, and what profiling itself costs."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.config import FRAMEWORKS
from engine.operators.families import Operator, by_family
from engine.operators.request import KEPT, SCHEMA
from engine.tasks.task import TaskError


@dataclass(frozen=True)
class SideProfile:
    """One side's operators over `steps` steps; every time is in seconds per step.

    `seconds` is that of the recording that the operators are of, `bare` that of the same steps without the profiler,
    both the quickest of their turns.
    """

    framework: str
    version: str
    execution: str
    threads: int
    steps: int
    seconds: float
    bare: float
    operators: tuple[Operator, ...]

    @property
    def families(self) -> dict[str, float]:
        """The self time of each family."""
        return {family: seconds / self.steps for family, seconds in by_family(self.operators).items()}

    @property
    def outside(self) -> float:
        """The time in which no operator was: Python, calls into the framework, its scheduling.

        Nothing where operators on several threads add up to more than the time that passed.
        """
        return max(0.0, self.seconds - sum(self.families.values()))

    @property
    def overlap(self) -> bool:
        """Whether the operators' times add up to more than the step, because several threads computed at once."""
        return sum(self.families.values()) > self.seconds

    @property
    def slowdown(self) -> float:
        """How much longer a step takes under the profiler, as a share of a step without it."""
        return self.seconds / self.bare - 1

    @property
    def mixed(self) -> float:
        """The time in operators that hold several families."""
        return sum(operator.seconds for operator in self.operators if operator.mixed) / self.steps


@dataclass(frozen=True)
class OperatorProfile:
    """Both sides, when they were profiled, and where their traces are."""

    sides: dict[str, SideProfile]
    time: float
    folder: Path

    def traces(self) -> dict[str, list[Path]]:
        """The traces of each side."""
        return {side: [self.folder / name for name in KEPT[side]] for side in self.sides}


def read_profile(folder: Path) -> OperatorProfile | None:
    """The result in `folder`; None where there is none. Raises TaskError where it is damaged."""
    try:
        stamps = tuple((path.name, path.stat().st_mtime_ns) for path in sorted(folder.glob("*")))
        return _found(folder, stamps)
    except FileNotFoundError:
        if folder.exists():
            raise TaskError(f"The result in {folder} lacks a file; profile again.") from None
        return None
    except OSError as error:
        raise TaskError(f"The result in {folder} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError) as error:
        why = str(error).strip("'\"").splitlines()
        raise TaskError(f"The result in {folder} is damaged ({(why or ['?'])[0]}); profile again.") from None


@lru_cache(maxsize=4)  # a page asks for the same result at every touch of a widget
def _found(folder: Path, stamps: tuple) -> OperatorProfile:
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    if request["schema"] != SCHEMA:
        raise TaskError(f"The result in {folder} is of another version; profile again.")
    for name in (name for names in KEPT.values() for name in names):
        (folder / name).stat()
    sides = {side: json.loads((folder / f"{side}.json").read_text(encoding="utf-8")) for side in FRAMEWORKS}
    return OperatorProfile({side: _side(side, told) for side, told in sides.items()}, request["time"], folder)


def _side(side: str, told: dict[str, Any]) -> SideProfile:
    operators = tuple(Operator(**one | {"parts": tuple(one["parts"])}) for one in told["operators"])
    seconds, bare = min(told["profiled"]), min(told["bare"])
    if min(seconds, bare, told["steps"]) <= 0:
        raise ValueError("a step that takes no time")
    known = {name: told[name] for name in ("version", "execution", "threads", "steps")}
    return SideProfile(side, **known, seconds=seconds, bare=bare, operators=operators)
