"""The process that calls a function with batches of given sizes: `python -m engine.graphs.retrace FRAMEWORK`.

Each line of standard input is a size, each line of standard output how often every way has compiled so far, as JSON.
The process ends when its input does.
"""

import importlib
import json
import os
import sys


def main(framework: str) -> None:
    """Answer every line."""
    answers = os.dup(1)
    os.dup2(2, 1)  # what the framework prints is no answer
    calls = importlib.import_module(f"engine.graphs.retrace_{framework}").calls()
    for line in sys.stdin:
        counts = {name: call(int(line)) for name, call in calls.items()}
        os.write(answers, f"{json.dumps(counts)}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
