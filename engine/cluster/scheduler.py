"""The process that hands sides to nodes: `python -m engine.cluster.scheduler`. It listens on loopback unless told."""

import argparse
import asyncio
import logging
from typing import Any

from engine.cluster import place

NODE_SECONDS = 30  # a node that says nothing for so long is lost


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m engine.cluster.scheduler", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8786, help="0 takes a free one (default: 8786)")
    parser.add_argument("--tls", action="store_true", help=f"with the certificates that {place.CERTIFICATES} names")
    chosen = parser.parse_args()
    try:
        asyncio.run(_serve(chosen.host, chosen.port, "tls" if chosen.tls else "tcp"))
    except KeyboardInterrupt:
        return


async def _serve(host: str, port: int, protocol: str) -> None:
    import dask
    from distributed import Scheduler

    # A side whose node was lost is not begun elsewhere by itself: a person is told, as where a worker dies here.
    dask.config.set({"distributed.scheduler.worker-ttl": f"{NODE_SECONDS}s"})
    dask.config.set({"distributed.scheduler.http.routes": []})  # Dask opens a port for them all the same: of loopback
    options: dict[str, Any] = {"host": host, "port": port, "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    logging.getLogger("distributed").setLevel(logging.WARNING)
    security = place.security(f"{protocol}://")
    async with Scheduler(protocol=f"{protocol}://", security=security, allowed_failures=0, **options) as scheduler:
        print(scheduler.address, flush=True)
        await scheduler.finished()


if __name__ == "__main__":
    main()
