"""A process with a launcher on a store, as a server has one, until its input ends: STORE."""

import sys
from pathlib import Path

from engine.launcher import Launcher
from engine.runs import Store
from tests.engine import numpy_worker

if __name__ == "__main__":
    store = Path(sys.argv[1])
    sys.executable = numpy_worker.executable(store.parent)
    launcher = Launcher(Store(store), warm=False)
    launcher.open()
    print("open", flush=True)
    sys.stdin.read()
    launcher.close()
