"""Every network trains on data that fits it, in both policies; all of them when everything is to be tested."""

import importlib
import math
import os

import pytest

from engine import events
from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.networks.catalogue import NETWORKS
from engine.training import train

EVERYTHING = os.environ.get("TANDEM_TEST_ALL") == "1"
ELSEWHERE = ("mnist", "fashion_mnist", "cifar10", "table")  # they need a download or a file; their tests make one
FITTING = [
    (network.name, dataset)
    for network in NETWORKS.values()
    for dataset in [name for name in network.recipes if name not in ELSEWHERE][: None if EVERYTHING else 1]
]


class FittingSuite:
    """`framework` is the twin's."""

    framework: str

    @pytest.mark.parametrize("policy", ["matched", "defaults"])
    @pytest.mark.parametrize(("network", "dataset"), FITTING)
    def test_it_trains_with_its_recipe(self, network, dataset, policy):
        fields = {"network": network, "dataset": dataset, "policy": policy, "frameworks": [self.framework]}
        twin = importlib.import_module(f"engine.frameworks.train_{self.framework}")
        config = RunConfig.build(fields | {"batch_size": 16, "epochs": 1, "train_fraction": 0.1})
        twin.forget()
        told = list(train(config, prepare(config), twin, self.build(network)))
        losses = [loss for event in told if isinstance(event, events.Steps) for loss in event.losses]
        assert all(loss is not None and math.isfinite(loss) for loss in losses)
        assert isinstance(told[-1], events.Finished)
        assert told[-1].step == len(losses) > 0

    def build(self, network):
        return importlib.import_module(f"engine.networks.{network}_{self.framework}")
