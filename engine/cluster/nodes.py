"""The nodes of a cluster and what they do, asked through a process, so that this one needs no Dask."""

import json
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from engine.cluster import place
from engine.cluster.place import ClusterError
from engine.config import NAMES, RunConfig
from engine.workers import with_home

CONNECT_SECONDS = 2.0
PATIENCE_SECONDS = 45.0  # on a busy machine, importing Dask takes its time
TASK = re.compile(r"tandem-(?P<run>.+)-(?P<side>torch|tensorflow)-[0-9a-f]{8}")


@dataclass(frozen=True)
class Node:
    """One machine, or part of it. `slots` by kind: torch, tensorflow, cuda; `sides` are (run, side) given to it."""

    name: str
    address: str
    slots: dict[str, int]
    sides: list[tuple[str, str]]
    silent: float  # seconds since the scheduler heard of it

    def free(self, kind: str) -> int:
        """Slots of a framework that no side has."""
        return max(0, self.slots.get(kind, 0) - sum(side == kind for _, side in self.sides))


def seen(address: str) -> list[Node]:
    """The nodes of the cluster. Takes a second or two. Raises ClusterError in one sentence."""
    place.check(address)
    host, _, port = address.partition("://")[2].rpartition(":")
    command = [sys.executable, "-m", "engine.cluster.look", address]
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()  # Dask would try for longer
        told = subprocess.run(command, env=with_home({}), capture_output=True, timeout=PATIENCE_SECONDS)
        found = json.loads(told.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        raise ClusterError(f"No scheduler answers at {address}. {START}") from None
    return [_node(one) for one in found]


def ready(address: str, config: RunConfig) -> int:
    """How many such runs fit the cluster's nodes at once, at least 1. Raises ClusterError where a side fits nowhere."""
    nodes = seen(address)
    for side in config.frameworks:
        kinds = [side] if getattr(config.device, side) == "cpu" else [side, "cuda"]
        if not any(all(node.slots.get(kind) for kind in kinds) for node in nodes):
            what = NAMES[side] + (" on a GPU" if "cuda" in kinds else "")
            raise ClusterError(f"The cluster at {address} has no node that takes {what}. {START}")
    return max(1, min(sum(node.slots.get(side, 0) for node in nodes) for side in config.frameworks))


START = "docs/cluster.md says how a scheduler and its nodes are started."


def _node(told: dict) -> Node:
    sides = [(match["run"], match["side"]) for key in told["tasks"] if (match := TASK.fullmatch(key))]
    return Node(told["name"], told["address"], told["slots"], sides, told["silent"])


def commands(address: str) -> dict[str, str]:
    """The lines that start a scheduler and a node, by what they start."""
    tls = " --tls" if address.startswith("tls://") else ""
    host, _, port = (address or "tcp://127.0.0.1:8786").partition("://")[2].rpartition(":")
    folder = f"cd {Path(__file__).parents[2].name}"
    return {
        "scheduler": f"{folder}\n.venv/bin/python -m engine.cluster.scheduler --host {host} --port {port}{tls}",
        "node": f"{folder}\n.venv/bin/python -m engine.cluster.node {address or f'tcp://{host}:{port}'}",
    }
