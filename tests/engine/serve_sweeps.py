"""A process that launches a store's runs and drives its sweeps, as a server does, until its input ends: STORE."""

import sys
from pathlib import Path

from engine.launcher import Launcher
from engine.runs import Store
from engine.sweeps.queued import Sweeps
from tests.engine import numpy_worker

if __name__ == "__main__":
    store = Path(sys.argv[1])
    sys.executable = numpy_worker.executable(store.parent)
    launcher = Launcher(Store(store), warm=False)
    launcher.open()
    sweeps = Sweeps(launcher)
    sweeps.open()
    print("open", flush=True)
    sys.stdin.read()
    sweeps.close()
    launcher.close()
