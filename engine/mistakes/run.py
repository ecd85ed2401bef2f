"""The process that has one mistake made on one side: `python -m engine.mistakes.run FRAMEWORK FOLDER`.

FOLDER holds request.json. Each stage is a process of its own, for a mistake may end it; what they printed goes to
<framework>.json there, how many are done to <framework>.steps. No framework is loaded here.
"""

import json
import os
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from engine import system
from engine.examinations.examine import Teller
from engine.mistakes.attempt import MARK
from engine.mistakes.catalogue import STAGES


def main(framework: str, folder: Path) -> None:
    """All stages, one after the other."""
    tell = Teller(folder / f"{framework}.steps", os.getppid())
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    found = {}
    for number, stage in enumerate(STAGES, 1):
        found[stage] = attempted(framework, request["name"], stage, request["execution"])
        tell(number)
    answer = {"version": metadata.version(framework), "stages": found}
    system.write_whole(folder / f"{framework}.json", json.dumps(answer))


def attempted(framework: str, name: str, stage: str, execution: str) -> dict[str, Any]:
    """What the process of one stage printed, in the order in which it did, and how it ended."""
    command = [sys.executable, "-m", "engine.mistakes.attempt", framework, name, stage, execution]
    begun = time.perf_counter()
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    seconds = time.perf_counter() - begun
    imported, *parts = ended.stdout.decode(errors="replace").split(MARK)
    if not parts:
        sys.exit(f"it did not come as far as the mistake: {(imported.strip().splitlines() or ['it said nothing'])[-1]}")
    raised = json.loads(parts[1]) if len(parts) > 1 else {"kind": "", "message": ""}
    return {"printed": parts[0].strip("\n"), "exit": ended.returncode, "seconds": seconds} | raised


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
