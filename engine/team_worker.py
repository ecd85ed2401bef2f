"""The process that trains its part of every batch for another one: `python -m engine.team_worker`, started by it.

The environment says which member of the team it is, and where they meet. It ends when its standard input does.
"""

import importlib
import os
import sys
import threading
from pathlib import Path

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.twins import network_twin


def main() -> None:
    """Do what the leading process does until it ends."""
    threading.Thread(target=_end_with_input, daemon=True).start()
    train = importlib.import_module("engine.frameworks.train_torch")
    member = importlib.import_module("engine.frameworks.team_only_torch").MEMBER
    folder = Path(os.environ[member].partition(" ")[2])
    config = RunConfig.from_json((folder / "config.json").read_bytes())
    train.configure(config)
    session = train.Session(config, prepare(config), network_twin(config, "torch").build, None)
    session.team.follow(session)


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
