"""The process that runs a branch in every way on one side: `python -m engine.graphs.run_branches FRAMEWORK FOLDER`.

FOLDER holds request.json. What each way printed goes to <framework>.json there, how many ran to <framework>.steps.
"""

import contextlib
import importlib
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import IO

from engine import system
from engine.examinations.examine import Teller
from engine.graphs.ways import WAYS


def main(framework: str, folder: Path) -> None:
    """Every way, one after the other."""
    tell = Teller(folder / f"{framework}.steps", os.getppid())
    twin = importlib.import_module(f"engine.graphs.branches_{framework}")
    twin.eager()  # what a framework prints at its first operation belongs to no way
    found = {}
    for number, way in enumerate(WAYS, 1):
        twin.forget()
        found[way.name] = ran(getattr(twin, way.name))
        tell(number)
    system.write_whole(
        folder / f"{framework}.json", json.dumps({"version": metadata.version(framework), "ways": found})
    )


def ran(function: Callable[[], None]) -> dict[str, str]:
    """What a function printed, also from below Python, and what it raised: kind and message, or nothing."""
    kind = message = ""
    with _printed() as file:
        try:
            function()
        except Exception as error:  # whatever it raises is what is to be seen
            kind, message = type(error).__name__, str(error)
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        file.seek(0)
        printed = file.read().decode(errors="replace")
    return {"printed": printed.strip("\n"), "kind": kind, "message": message}


@contextlib.contextmanager
def _printed() -> Iterator[IO[bytes]]:
    """Standard output and error as a file, while it is open."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(stream) for stream in (1, 2)]
    with tempfile.TemporaryFile() as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
        try:
            yield file
        finally:
            for stream, before in zip((1, 2), kept, strict=True):
                os.dup2(before, stream)
                os.close(before)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
