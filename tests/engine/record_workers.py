"""A process that trains and saves its losses: `python -m tests.engine.record_workers torch STEPS FILE`."""

import importlib
import json
import sys

import numpy as np

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.defaults import matches
from engine.fairness.weights import initial_weights
from engine.twins import network_twin


def main(framework: str, steps: int, file: str) -> None:
    """Train so many steps, in the chunks of a run."""
    config = RunConfig.from_json(sys.stdin.read())
    split = prepare(config)
    twin = importlib.import_module(f"engine.frameworks.train_{framework}")
    twin.configure(config)
    weights = initial_weights(config) if matches(config, "initial_weights") else None
    session = twin.Session(config, split, network_twin(config, framework).build, weights)
    whole, found = steps_per_epoch(len(split.inputs), config.batch_size), []
    for epoch in range(-(-steps // whole)):
        session.begin_epoch(
            epoch_order(config.seed, epoch, len(split.inputs)),
            learning_rates(config, epoch * whole, whole, config.epochs * whole),
        )
        found += [session.run(0, 1), session.run(1, whole - 1)]
        if epoch == 0:  # as a run that was resumed does
            session.restore(session.state())
    disclosed = session.observed(split.validation_inputs)["disclosed"]
    np.savez(file, losses=np.concatenate(found)[:steps], disclosed=json.dumps(disclosed))
    session.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
