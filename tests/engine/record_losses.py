"""A process that trains the parity cases in one framework and saves every step's loss: FRAMEWORK FILE."""

import importlib
import os
import sys
from collections.abc import Iterator

import numpy as np

from engine import events
from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.networks.catalogue import NETWORKS
from engine.training import train

OPTIMIZERS = {"sgd": 0.01, "momentum": 0.01, "nesterov": 0.01, "adam": 0.001, "adamw": 0.001, "rmsprop": 0.0003}
# What each network trains on here, smaller than it is by default where a step would take long.
FIELDS: dict[str, dict] = {name: {} for name in NETWORKS} | {
    "mlp": {"network_options": {"depth": 2, "width": 64, "activation": "gelu", "dropout": 0.1}},
    "simple_net": {"dataset": "teacher"},
    "lstm": {"dataset": "adding", "dataset_options": {"length": 20}, "network_options": {"width": 16}},
    "gru": {"dataset": "adding", "dataset_options": {"length": 20}, "network_options": {"width": 16}},
    "transformer": {
        "dataset_options": {"length": 16},
        "network_options": {"width": 16, "depth": 1, "heads": 4, "dropout": 0.1},
    },
}
LONG = {  # one optimizer a network for 1,000 steps
    **dict.fromkeys(NETWORKS, "adam"),
    "simple_net": "sgd",
    "resnet": "momentum",
    "gru": "rmsprop",
    "transformer": "adamw",
    "logistic": "nesterov",
}
EXTRAS = {
    "schedule": {"schedule": "cosine", "warmup_steps": 20, "optimizer": "momentum", "learning_rate": 0.01},
    "step": {"schedule": "step", "schedule_epochs": 2, "optimizer": "nesterov", "learning_rate": 0.01},
    "clipping": {"gradient_clip_norm": 0.1, "optimizer": "adam"},
    "decay": {"weight_decay": 0.01, "optimizer": "rmsprop"},
    "decay_sgd": {"weight_decay": 0.01, "optimizer": "momentum", "learning_rate": 0.01},
}
WITH_EXTRAS = ("mlp", "simple_net")
EVERYTHING = os.environ.get("TANDEM_TEST_ALL") == "1"  # 1,000 steps of every pair, and all of them in float32


def cases() -> Iterator[tuple[str, dict, int]]:
    """Each case's name, `network/what/precision`, its fields, and its number of steps."""
    for network, own in FIELDS.items():
        base = {"network": network, "seed": 7, "epochs": 1000} | own
        for name, rate in OPTIMIZERS.items():
            chosen = base | {"optimizer": name, "learning_rate": rate}
            steps = 1000 if EVERYTHING or name == LONG[network] or network == "simple_net" else 100
            yield f"{network}/{name}/float64", chosen | {"precision": "float64"}, steps
            if EVERYTHING or name == LONG[network]:
                yield f"{network}/{name}/float32", chosen, 10
        for name, fields in EXTRAS.items() if network in WITH_EXTRAS else ():
            yield f"{network}/{name}/float64", base | fields | {"precision": "float64"}, 100


def losses(framework: str, fields: dict, steps: int) -> np.ndarray:
    """The losses of the first `steps` steps of one case."""
    config = RunConfig.build(fields | {"histograms": False})
    twin = importlib.import_module(f"engine.frameworks.train_{framework}")
    network = importlib.import_module(f"engine.networks.{config.network}_{framework}")
    twin.forget()
    found: list[float] = []
    for event in train(config, prepare(config), twin, network):
        if isinstance(event, events.Steps):
            found += event.losses
        if len(found) >= steps:
            break
    return np.array(found[:steps], dtype=float)


if __name__ == "__main__":
    framework, path = sys.argv[1:]
    np.savez(path, **{name: losses(framework, fields, steps) for name, fields, steps in cases()})
