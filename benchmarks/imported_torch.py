"""The bare import of PyTorch: `python -m benchmarks.imported_torch` prints the peak of its memory in bytes."""

import json

import torch

from engine import system

if __name__ == "__main__":
    print(json.dumps({"version": torch.__version__, "peak_bytes": system.memory()[1]}))
