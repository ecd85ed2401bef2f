"""The process that makes one mistake: `python -m engine.mistakes.attempt FRAMEWORK NAME STAGE EXECUTION`.

Its output is in three parts with a MARK between them: what the framework printed when it was imported, what was printed
afterwards, and, where something was raised, what that was, as JSON.
"""

import importlib
import json
import sys
from types import TracebackType

MARK = "\x1e"


def main(framework: str, name: str, stage: str, execution: str) -> None:
    """Make the mistake, show what finds it, or do it right."""
    twin = importlib.import_module(f"engine.mistakes.{name}_{framework}")
    executions = importlib.import_module(f"engine.mistakes.executions_{framework}")
    print(MARK, flush=True)
    sys.excepthook = _told
    getattr(twin, stage)(getattr(executions, execution))


def _told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print what Python prints, then the same for a program."""
    sys.__excepthook__(kind, error, trace)
    print(MARK + json.dumps({"kind": kind.__name__, "message": str(error)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
