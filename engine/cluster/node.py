"""The process that offers a machine to a cluster: `python -m engine.cluster.node tcp://HOST:PORT`."""

import argparse
import asyncio
import logging
import os
import socket
from pathlib import Path

from engine.cluster import place
from engine.config import FRAMEWORKS


def main() -> None:
    """Take sides until interrupted; their workers end with this process."""
    parser = argparse.ArgumentParser(prog="python -m engine.cluster.node", description=__doc__)
    parser.add_argument("address", help="of the scheduler")
    parser.add_argument("--host", default=None, help="where to listen (default: as the way to the scheduler goes)")
    parser.add_argument("--name", default=None, help="what people call it (default: the machine and this process)")
    for side in FRAMEWORKS:
        parser.add_argument(f"--{side}", type=int, default=1, help="how many such sides at once (default: 1)")
    parser.add_argument("--cuda", type=int, default=0, help="how many sides may use its GPU at once (default: 0)")
    parser.add_argument("--folder", type=Path, default=Path("cluster"), help="for what is under way (default: cluster)")
    chosen = parser.parse_args()
    try:
        asyncio.run(_serve(chosen))
    except KeyboardInterrupt:
        os._exit(0)  # threads that wait for a worker would keep this process


async def _serve(chosen: argparse.Namespace) -> None:
    from distributed import Worker

    place.check(chosen.address)
    logging.getLogger("distributed").setLevel(logging.WARNING)
    slots = {name: getattr(chosen, name) for name in (*FRAMEWORKS, "cuda") if getattr(chosen, name)}
    options = {
        "host": chosen.host,
        "name": chosen.name or f"{socket.gethostname()}-{os.getpid()}",
        # A thread for each side under way, which only waits for that side's process.
        "nthreads": sum(getattr(chosen, side) for side in FRAMEWORKS),
        "resources": slots,
        "memory_limit": 0,
        "dashboard": False,
        "dashboard_address": "127.0.0.1:0",
        "local_directory": str(chosen.folder.resolve()),
        "security": place.security(chosen.address),
    }
    async with Worker(chosen.address, **options) as worker:
        print(worker.address, flush=True)
        await worker.finished()
    os._exit(0)  # the scheduler has gone: what is under way has nobody to tell


if __name__ == "__main__":
    main()
