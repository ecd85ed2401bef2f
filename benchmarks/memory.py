"""What training takes of memory beyond the bare import of its framework: peak resident memory of a real worker.

`python -m benchmarks.memory`; about 6 minutes. Target: at most 150 MB for every small network, in both frameworks.
`--execution compile` and `--execution xla`, with `--steps-per-call one` or `many`, measure what their compilers take.
"""

import argparse

from benchmarks.measuring import add_ways, configs, in_own_process, recorded, say, tell, way_of
from engine import events
from engine.config import FRAMEWORKS, RunConfig
from engine.networks.catalogue import NETWORKS

TARGET = 150  # MB of a million bytes
MEGABYTE = 1_000_000


def main() -> None:
    """One run of each network and framework by its recipe, one epoch long, in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=list(FRAMEWORKS))
    add_ways(parser)
    cases, refused = configs(parser, parser.parse_args())
    sides = {config.frameworks[0] for config in cases.values()}
    imported = {side: in_own_process(f"imported_{side}")["peak_bytes"] for side in sorted(sides)}
    found = {}
    for name, config in cases.items():
        taken = peak_bytes(config.model_copy(update={"epochs": 1})) - imported[config.frameworks[0]]
        found[name] = round(taken / MEGABYTE)
        say(f"{name}: {found[name]} MB")
    tell(
        "memory",
        all(taken <= TARGET for taken in found.values()),
        target_megabytes=TARGET,
        ways={config.frameworks[0]: way_of(config) for config in cases.values()},
        imported_megabytes={side: round(value / MEGABYTE) for side, value in imported.items()},
        beyond_megabytes=found,
        refused=refused,
    )


def peak_bytes(config: RunConfig) -> int:
    """The highest peak of resident memory that the run of one side recorded."""
    return max(event.peak_memory for _, event in recorded(config) if isinstance(event, events.Resources))


if __name__ == "__main__":
    main()
