"""The result of a task, read again: the folder that it left."""

import hashlib
import json
from collections.abc import Callable, Hashable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from engine.config import FRAMEWORKS
from engine.tasks.task import TaskError

Result = TypeVar("Result")


def digest(text: str) -> str:
    """A name for what a result depends on."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def kept(folder: Path, read: Callable[..., Result], again: str, *given: Hashable) -> Result | None:
    """What a task left in the folder, as `read(folder, *given)` has it; None where there is nothing.

    Raises TaskError, with what to do `again`, where it is damaged.
    """
    try:
        return _read_once(read, folder, (folder / "request.json").stat().st_mtime_ns, *given)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        raise TaskError(f"The result in {folder} is damaged; {again}.") from None


@lru_cache(maxsize=16)  # a page asks for the same results at every touch of a widget
def _read_once(read: Callable[..., Any], folder: Path, stamp: int, *given: Hashable) -> Any:
    return read(folder, *given)


def answers(folder: Path) -> dict[str, Any]:
    """What each side's process wrote."""
    return {side: json.loads((folder / f"{side}.json").read_text(encoding="utf-8")) for side in FRAMEWORKS}


def versions(answers: dict[str, Any]) -> dict[str, str]:
    """Of the frameworks that answered."""
    return {side: answer["version"] for side, answer in answers.items()}
