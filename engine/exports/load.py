"""The process that asks our own server many times, to write what it found: `python -m engine.exports.load PORT FILE`.

Several connections ask at the same time, each the next request when its last was answered.
"""

import http.client
import json
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine import system

HOST = "127.0.0.1"
CONNECTIONS, MOST_REQUESTS, SECONDS = 4, 4000, 5.0
TIMEOUT = 10.0


@dataclass
class Asked:
    """What all connections share: how many requests may still begin, and until when; then what came of them."""

    body: bytes
    until: float
    left: int
    taken: list[float] = field(default_factory=list)
    failed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def another(self) -> bool:
        """Whether one more request may begin, which is then counted."""
        with self.lock:
            if self.left == 0 or time.monotonic() >= self.until:
                return False
            self.left -= 1
            return True


def main(port: int, file: Path) -> None:
    """Ask, and write requests per second and times in seconds."""
    asked = Asked(example(port), time.monotonic() + SECONDS, MOST_REQUESTS)
    begun = time.perf_counter()
    threads = [threading.Thread(target=ask, args=(port, asked)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    system.write_whole(file, json.dumps(told(asked, time.perf_counter() - begun)))


def example(port: int) -> bytes:
    """The body that the server itself gives."""
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT)
    connection.request("GET", "/example")
    return connection.getresponse().read()


def ask(port: int, asked: Asked) -> None:
    """One connection: requests until there are enough."""
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT)
    while asked.another():
        begun = time.perf_counter()
        try:
            connection.request("POST", "/predict", asked.body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            good = answer.status == 200
        except (OSError, http.client.HTTPException):
            connection.close()
            good = False
        with asked.lock:
            if good:
                asked.taken.append(time.perf_counter() - begun)
            else:
                asked.failed += 1


def told(asked: Asked, seconds: float) -> dict[str, float]:
    """Answers per second and their times in seconds; the latter 0 where nothing was answered."""
    low, high = np.percentile(asked.taken, (50, 99)).tolist() if asked.taken else (0.0, 0.0)
    counts = {"answered": len(asked.taken), "failed": asked.failed, "connections": CONNECTIONS}
    return {"seconds": seconds, "per_second": len(asked.taken) / seconds, "p50": low, "p99": high, **counts}


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
