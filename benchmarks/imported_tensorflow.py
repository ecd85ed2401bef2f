"""The bare import of TensorFlow: `python -m benchmarks.imported_tensorflow` prints the peak of its memory in bytes."""

import json

import tensorflow

from engine import system

if __name__ == "__main__":
    print(json.dumps({"version": tensorflow.__version__, "peak_bytes": system.memory()[1]}))
