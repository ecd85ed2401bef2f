"""What a process of an export leaves behind when it is ended by an error."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from engine import system


def telling(folder: Path) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """What to do with an error that ends this process: keep its kind and message, and print the rest."""

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        system.write_whole(folder / "error.json", json.dumps({"kind": kind.__name__, "message": str(error)}))
        sys.__excepthook__(kind, error, trace)

    return tell
