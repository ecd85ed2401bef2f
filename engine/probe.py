"""The process that asks one framework which devices it sees: `python -m engine.probe torch`, one JSON line."""

import importlib
import json
import sys
from dataclasses import asdict

if __name__ == "__main__":
    twin = importlib.import_module(f"engine.frameworks.device_{sys.argv[1]}")
    print(json.dumps([asdict(device) for device in twin.seen()]))
