"""The process that asks a scheduler for its nodes: `python -m engine.cluster.look tcp://HOST:PORT` prints JSON."""

import asyncio
import json
import logging
import sys
import time
from typing import Any

from engine.cluster import place

SECONDS = 8.0


def main() -> int:
    """0 with the nodes on standard output; 1 where there is no scheduler that answers."""
    address = sys.argv[1]
    try:
        print(json.dumps(asyncio.run(_asked(address))))
    except (OSError, ValueError, TimeoutError, place.ClusterError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def _asked(address: str) -> list[dict[str, Any]]:
    from distributed import Client

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    async with Client(address, asynchronous=True, security=place.security(address), timeout=SECONDS) as client:
        known = (await client.scheduler.identity(n_workers=-1))["workers"]
        tasks = await client.processing()
    return [
        {
            "name": str(told["name"]),
            "address": node,
            "slots": {kind: int(number) for kind, number in told["resources"].items()},
            "tasks": [str(key) for key in tasks.get(node, ())],
            "silent": max(0.0, time.time() - told["last_seen"]),
        }
        for node, told in sorted(known.items(), key=lambda item: str(item[1]["name"]))
    ]


if __name__ == "__main__":
    sys.exit(main())
