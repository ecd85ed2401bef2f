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


FREE, STOP = Command(), Command(stop=True)


def read(folder: Path) -> Command:
    """The command in a run's folder; FREE when nobody has asked for anything that can be understood.

    A folder that is gone says stop: nobody could ever ask its workers for anything again.
    """
    try:
        # The path as text: every chunk of steps asks, and a Path costs more.
        with open(f"{folder}/control.json", "rb") as file:
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
