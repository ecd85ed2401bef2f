"""The process that asks one framework which devices it sees: `python -m engine.probes.probe_devices torch`.

Standard output is one line of JSON.
"""

import importlib
import json
import sys
from dataclasses import asdict

if __name__ == "__main__":
    twin = importlib.import_module(f"engine.frameworks.device_{sys.argv[1]}")
    print(json.dumps([asdict(device) for device in twin.seen()]))
