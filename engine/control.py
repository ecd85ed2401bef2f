"""What a person asks of a run while it trains: a small file in the run's folder that its workers poll."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.system import write_whole


@dataclass(frozen=True)
class Command:
    """The present wish. While `paused`, a side may still go on until it has done `step_target` steps."""

    paused: bool = False
    step_target: int = 0
    stop: bool = False

    def steps_allowed(self, step: int) -> int | None:
        """How many more steps may follow after `step` of them: None is any number, 0 is wait."""
        return max(0, self.step_target - step) if self.paused else None


FREE = Command()


def read(folder: Path) -> Command:
    """The command in a run's folder; FREE when nobody has asked for anything."""
    try:
        return Command(**json.loads((folder / "control.json").read_text()))
    except FileNotFoundError:
        return FREE


def write(folder: Path, command: Command) -> None:
    """Ask the workers of the run in `folder` for `command`. Raises OSError where the store cannot be written."""
    write_whole(folder / "control.json", json.dumps(asdict(command)))


class Reader:
    """Reads a run's command again only when the file has changed; the loop asks before every chunk."""

    def __init__(self, folder: Path):
        self._path = folder / "control.json"
        self._stamp: tuple[int, int] | None = None
        self._command = FREE

    def __call__(self) -> Command:
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            return FREE
        if (stamp := (status.st_mtime_ns, status.st_ino)) != self._stamp:
            self._command, self._stamp = read(self._path.parent), stamp
        return self._command
