"""What training takes of memory beyond the bare import of its framework: peak resident memory of a real worker.

`python -m benchmarks.memory`; about 6 minutes. Target: at most 150 MB for every small network, in both frameworks.
"""

import argparse

from benchmarks.measuring import in_own_process, recorded, say, tell
from engine import events
from engine.config import EXECUTIONS, FRAMEWORKS, RunConfig
from engine.networks.catalogue import NETWORKS

TARGET = 150  # MB of a million bytes
MEGABYTE = 1_000_000


def main() -> None:
    """One run of each network and framework by its recipe, one epoch long, in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=list(FRAMEWORKS))
    parser.add_argument("--execution", choices=sorted({one for way in EXECUTIONS.values() for one in way}))
    arguments = parser.parse_args()
    imported = {side: in_own_process(f"imported_{side}")["peak_bytes"] for side in arguments.frameworks}
    found = {}
    for network in arguments.networks:
        for side in arguments.frameworks:
            ways = {"execution": {side: arguments.execution}} if arguments.execution else {}
            config = RunConfig.build({"network": network, "frameworks": [side], "epochs": 1, **ways})
            found[f"{network}, {side}"] = round((peak_bytes(config) - imported[side]) / MEGABYTE)
            say(f"{network}, {side}: {found[f'{network}, {side}']} MB")
    met = all(taken <= TARGET for taken in found.values())
    bare = {side: round(value / MEGABYTE) for side, value in imported.items()}
    tell("memory", met, target_megabytes=TARGET, imported_megabytes=bare, beyond_megabytes=found)


def peak_bytes(config: RunConfig) -> int:
    """The highest peak of resident memory that the run of one side recorded."""
    return max(event.peak_memory for _, event in recorded(config) if isinstance(event, events.Resources))


if __name__ == "__main__":
    main()
