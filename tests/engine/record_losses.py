"""A process that trains the parity cases in one framework and saves every step's loss: FRAMEWORK FILE."""

import importlib
import sys

import numpy as np

from engine import events
from engine.config import RunConfig
from engine.datasets.split import load
from engine.training import train

OPTIMIZERS = {"sgd": 0.01, "momentum": 0.01, "nesterov": 0.01, "adam": 0.001, "adamw": 0.001, "rmsprop": 0.001}
NETWORKS = {"mlp": "digits", "simple_net": "teacher"}
EXTRAS = {
    "schedule": {"schedule": "cosine", "warmup_steps": 20, "optimizer": "momentum", "learning_rate": 0.01},
    "step": {"schedule": "step", "schedule_epochs": 2, "optimizer": "nesterov", "learning_rate": 0.01},
    "clipping": {"gradient_clip_norm": 0.1, "optimizer": "adam"},
    "decay": {"weight_decay": 0.01, "optimizer": "rmsprop"},
    "decay_sgd": {"weight_decay": 0.01, "optimizer": "momentum", "learning_rate": 0.01},
}


def cases() -> dict[str, dict]:
    """The fields of each case by its name, `network/what/precision`."""
    found = {}
    for network, dataset in NETWORKS.items():
        base = {"network": network, "dataset": dataset, "seed": 7}
        for name, rate in OPTIMIZERS.items():
            long = base | {"optimizer": name, "learning_rate": rate}
            found[f"{network}/{name}/float64"] = long | {"precision": "float64", "epochs": 40}
            found[f"{network}/{name}/float32"] = long | {"epochs": 1}
        for name, fields in EXTRAS.items():
            found[f"{network}/{name}/float64"] = base | fields | {"precision": "float64", "epochs": 5}
    return found


def losses(framework: str, fields: dict) -> np.ndarray:
    """Every step's loss (steps,) of one case."""
    config = RunConfig.build(fields)
    twin = importlib.import_module(f"engine.frameworks.train_{framework}")
    network = importlib.import_module(f"engine.networks.{config.network}_{framework}")
    split = load(config.dataset, config.dataset_options, config.seed, config.train_fraction)
    told = train(config, split, twin, network)
    return np.concatenate([event.losses for event in told if isinstance(event, events.Steps)])


if __name__ == "__main__":
    framework, path = sys.argv[1:]
    np.savez(path, **{name: losses(framework, fields) for name, fields in cases().items()})
