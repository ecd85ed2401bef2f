"""The process that places tensors on one side: `python -m engine.pipelines.place FRAMEWORK FOLDER`.

Where they ended up, or what was raised, goes to <framework>.json there, how many ways are done to <framework>.steps.
"""

import importlib
import json
import os
import sys
from importlib import metadata
from pathlib import Path

from engine import system
from engine.examinations.examine import Teller
from engine.pipelines.placement import WAYS


def main(framework: str, folder: Path) -> None:
    """One way after the other; the strict one is the last, as it changes the process."""
    tell = Teller(folder / f"{framework}.steps", os.getppid())
    twin = importlib.import_module(f"engine.pipelines.placement_{framework}")
    found = {}
    for number, way in enumerate(WAYS, 1):
        try:
            found[way.name] = {"devices": getattr(twin, way.name)(), "raised": ""}
        except twin.RAISED as error:
            found[way.name] = {"devices": {}, "raised": f"{type(error).__name__}: {error}"}
        tell(number)
    answer = {"version": metadata.version(framework), "ways": found}
    system.write_whole(folder / f"{framework}.json", json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
