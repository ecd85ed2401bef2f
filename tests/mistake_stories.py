"""Results of the debug lab that no framework made."""

import json

from engine.config import FRAMEWORKS
from engine.mistakes.catalogue import STAGES
from engine.mistakes.results import Request
from engine.mistakes.sources import path
from engine.runs import Store

SILENT = {"printed": "loss: nan", "kind": "", "message": "", "exit": 0, "seconds": 1.0}
CRASHED = SILENT | {"printed": "Fatal Python error: Segmentation fault", "exit": -11}


def raised(file: str, *lines: int) -> dict:
    """A stage that ended with an error whose trace names lines of a file."""
    trace = "".join(f'  File "/somewhere/{file}", line {line}, in planted\n' for line in lines)
    printed = f"Traceback (most recent call last):\n{trace}RuntimeError: \x1b[1mit [does] not fit\x1b[0m"
    return SILENT | {
        "printed": printed,
        "kind": "RuntimeError",
        "message": "\x1b[1mit [does] not fit\x1b[0m",
        "exit": 1,
    }


def write(store: Store, request: Request, **planted: dict) -> None:
    """Both sides: `planted` of each, found by an error in line 3, mended silently."""
    folder = request.folder(store)
    folder.mkdir(parents=True)
    (folder / "request.json").write_text("{}")
    for side in FRAMEWORKS:
        found = raised(path(request.name, side).name, 3)
        stages = dict(zip(STAGES, (planted.get(side, SILENT), found, SILENT), strict=True))
        (folder / f"{side}.json").write_text(json.dumps({"version": "9.9", "stages": stages}))
