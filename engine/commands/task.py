"""A task on the command line: how far it is, until its result is there."""

import time
from pathlib import Path

from rich.console import Console

from engine.probes import ready
from engine.runs import Store
from engine.tasks.task import Request

POLL_SECONDS = 0.2
err = Console(stderr=True)


def carried_out(request: Request, store: Store, doing: str) -> Path:
    """Have the request done, and return the folder of its result. Raises ConfigError and TaskError."""
    ready.check(request.config)
    task = request.begin(store)
    try:
        with err.status(f"{doing}…") as status:
            while not task.ended:
                status.update(f"{doing}… {task.share():.0%}")
                time.sleep(POLL_SECONDS)
        task.wait()
    finally:
        task.stop()
    return task.folder
