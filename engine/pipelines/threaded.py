"""The process in which work is measured with one setting of threads: `python -m engine.pipelines.threaded FRAMEWORK`.

It answers requests, a line of JSON each, as engine.bench.subject does.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

WORKS = {
    "matrix": "A product of two matrices, 1,024 by 1,024",
    "step": "A step of a small network with four branches",
}
SIZE = 1024
NETWORK = {"batch": 64, "inputs": 256, "width": 512, "branches": 4, "outputs": 10}


def main(framework: str) -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the framework prints
    twin = importlib.import_module(f"engine.pipelines.threads_{framework}")
    works: dict[str, Callable[[], object]] = {}
    told: dict[str, Any] = {}
    while True:
        answers.write(json.dumps(told) + "\n")
        answers.flush()
        line = sys.stdin.readline()
        if not line:
            return
        told = _answer(twin, works, json.loads(line))


def _answer(twin: ModuleType, works: dict[str, Callable[[], object]], asked: dict[str, Any]) -> dict[str, Any]:
    if asked["do"] == "open":
        inside, between = twin.set_threads(asked["inside"], asked["between"])
        works |= {"matrix": twin.matrix_product(SIZE), "step": twin.network_step(**NETWORK)}
        return {"inside": inside, "between": between}
    work = works[asked["work"]]
    begun = time.perf_counter()
    for _ in range(asked["count"]):
        work()
    return {"seconds": time.perf_counter() - begun}


if __name__ == "__main__":
    main(sys.argv[1])
