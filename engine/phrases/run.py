"""The process that runs every phrase of one side: `python -m engine.phrases.run FRAMEWORK FOLDER`.

What they returned goes to <framework>.json there, how many are done to <framework>.steps.
"""

import importlib
import json
import os
import sys
import time
from importlib import metadata
from pathlib import Path

from engine import system
from engine.examinations.examine import Teller
from engine.phrases.catalogue import PHRASES
from engine.phrases.returned import told


def main(framework: str, folder: Path) -> None:
    """Run them one after the other, in the order of the book."""
    tell = Teller(folder / f"{framework}.steps", os.getppid())
    found = {}
    for number, phrase in enumerate(PHRASES):
        twin = importlib.import_module(f"engine.phrases.{phrase.topic}_{framework}")
        begun = time.perf_counter()
        returned = told(getattr(twin, phrase.name)())
        found[phrase.name] = returned | {"seconds": time.perf_counter() - begun}
        tell(number + 1)
    answer = {"version": metadata.version(framework), "phrases": found}
    system.write_whole(folder / f"{framework}.json", json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
