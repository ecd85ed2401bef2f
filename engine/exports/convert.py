"""The process that makes a file for phones of a torch.export file: `python -m engine.exports.convert SIDE FOLDER`.

It runs in the environment of the converters, which has no more of the product than what is imported here. What was
found goes to converted.json in FOLDER.
"""

import importlib
import json
import sys
import time
from importlib import metadata
from pathlib import Path

from engine import system
from engine.exports.catalogue import EXPORTED, FORMATS
from engine.exports.telling import telling


def main(side: str, folder: Path) -> None:
    """Convert, and take the torch.export file away."""
    sys.excepthook = telling(folder)
    name = json.loads((folder / "request.json").read_text(encoding="utf-8"))["format"]
    form = FORMATS[name]
    begun = time.perf_counter()
    twin = importlib.import_module(f"engine.exports.mobile_only_{side}")
    twin.convert(name, folder / EXPORTED, folder / form.file)
    converter = form.converters[side].replace("_", "-")
    told = {"convert_seconds": time.perf_counter() - begun, "converter": f"{converter} {metadata.version(converter)}"}
    (folder / EXPORTED).unlink()
    system.write_whole(folder / "converted.json", json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
