"""What a person asks of a run while it trains: a small file in the run's folder that its workers poll."""

import json
import os
import time
from collections.abc import Callable
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


FREE, STOP = Command(), Command(stop=True)
READ_SECONDS = 0.01  # a look into the folder takes a tenth of a small network's step


class Reader:
    """Reads the command of a run's folder, at most once in READ_SECONDS."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic):
        self._folder, self._clock = folder, clock
        self._read, self._command = -READ_SECONDS, FREE

    def __call__(self) -> Command:
        now = self._clock()
        if now - self._read >= READ_SECONDS:
            self._command, self._read = read(self._folder), now
        return self._command


def read(folder: Path) -> Command:
    """The command in a run's folder; FREE when nobody has asked for anything that can be understood.

    A folder that is gone says stop: nobody could ever ask its workers for anything again.
    """
    try:
        with open(f"{folder}/control.json", "rb") as file:  # as text: it is asked often, and a Path costs more
            fields = json.loads(file.read())
        known = {name: type(value) for name, value in asdict(FREE).items()}
        if {name: type(value) for name, value in fields.items()} == known:
            return Command(**fields)
    except FileNotFoundError:
        return FREE if os.path.isdir(folder) else STOP
    except (OSError, ValueError, RecursionError, AttributeError):
        pass
    return FREE


def write(folder: Path, command: Command) -> None:
    """Ask the workers of the run in `folder` for `command`. Raises OSError where the store cannot be written."""
    write_whole(folder / "control.json", json.dumps(asdict(command)))
