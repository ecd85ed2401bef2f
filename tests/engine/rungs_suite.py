"""Every way to run a step gives the losses of `eager`, for either framework: the same tests in a process of its own."""

import importlib
import os
from collections.abc import Sequence

import numpy as np
import pytest

from engine.config import ConfigError, RunConfig
from engine.datasets.split import prepare
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.defaults import matches
from engine.fairness.weights import initial_weights
from engine.networks.catalogue import NETWORKS
from engine.twins import network_twin

EVERYTHING = os.environ.get("TANDEM_TEST_ALL") == "1"
TOLERANCE = 1e-10  # relative, in float64, over SIZES and what follows it
# 58 training rows in batches of 16: four steps an epoch, the last of them smaller.
SMALL = {"batch_size": 16, "precision": "float64", "seed": 3, "train_fraction": 0.04, "learning_rate": 0.01}
SIZES = (1, 3, 2, 1, 1)  # steps in each call of `run`, over two epochs
FAST = [
    {"network": "mlp", "optimizer": "adam", "network_options": {"width": 8}},
    {"network": "mlp", "optimizer": "momentum", "network_options": {"width": 8, "dropout": 0.3}},
    {"network": "lenet"},
]
ALL = [{"network": name} for name in NETWORKS]


class RungsSuite:
    """`framework` is the twin's; `rungs` are executions and steps per call beside eager."""

    framework: str
    rungs: Sequence[tuple[str, str]]

    def config(self, execution: str, steps: str, **fields) -> RunConfig:
        network = NETWORKS[fields["network"]]
        recipe = network.recipes[next(iter(network.recipes))]
        usual = SMALL | {"batch_size": min(16, recipe.batch_size), "policy": "matched"}
        ways = {"execution": {self.framework: execution}, "steps_per_call": {self.framework: steps}}
        return RunConfig.build(usual | fields | ways | {"frameworks": [self.framework]})

    def trained(self, config: RunConfig) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The losses of a few steps of two epochs, and everything that the next step would depend on."""
        twin = importlib.import_module(f"engine.frameworks.train_{self.framework}")
        split = prepare(config)
        steps = steps_per_epoch(len(split.inputs), config.batch_size)
        twin.forget()
        twin.configure(config)
        weights = initial_weights(config) if matches(config, "initial_weights") else None
        self.session = session = twin.Session(config, split, network_twin(config, self.framework).build, weights)
        found, place, epoch = [], 0, 0
        for wanted in SIZES:
            if place == 0:
                rates = learning_rates(config, epoch * steps, steps, steps)
                session.begin_epoch(epoch_order(config.seed, epoch, len(split.inputs)), rates)
            count = min(wanted, steps - place)
            found.append(session.run(place, count))
            place, epoch = (0, epoch + 1) if place + count == steps else (place + count, epoch)
        return np.concatenate(found), session.state()

    def agree(self, rungs: Sequence[tuple[str, str]], **fields) -> None:
        losses, state = self.trained(self.config("eager", "one", **fields))
        for execution, steps in rungs:
            others, other = self.trained(self.config(execution, steps, **fields))
            assert others == pytest.approx(losses, rel=TOLERANCE), (execution, steps)
            for name, value in state.items():
                if not name.startswith("random/"):
                    assert other[name] == pytest.approx(value, rel=1e-6, abs=1e-8), (execution, steps, name)

    @pytest.mark.parametrize("fields", FAST, ids=["adam", "dropout", "convolutions"])
    def test_every_rung_has_the_losses_of_eager(self, fields):
        self.agree(self.rungs, **fields)

    @pytest.mark.parametrize(
        "network", NETWORKS if EVERYTHING else ("mlp", "plain_mlp", "resnet", "lstm", "transformer")
    )
    @pytest.mark.parametrize("kind", ["bfloat16", "float16"])
    def test_mixed_precision_computes_in_the_shorter_type_and_learns_the_same(self, network, kind):
        losses, seen, mixed = {}, {}, f"mixed_{kind}"
        for precision in ("float32", mixed):
            config = self.config("eager", "one", network=network, precision=precision)
            losses[precision], state = self.trained(config)
            seen[precision] = self.session.observed(prepare(config).validation_inputs)
            assert {value.dtype for name, value in state.items() if name.startswith("weights/")} == {
                np.dtype("float32")
            }
        assert {name: (found["dtype"], found["compute_dtype"]) for name, found in seen.items()} == {
            "float32": ("float32", "float32"),
            mixed: ("float32", kind),
        }
        assert losses[mixed] == pytest.approx(losses["float32"], rel=0.1)  # resnet comes 6 % apart on some processors
        assert losses[mixed] != pytest.approx(losses["float32"], rel=1e-6)

    @pytest.mark.skipif(not EVERYTHING, reason="make test-all runs every network")
    @pytest.mark.parametrize("fields", ALL, ids=NETWORKS)
    def test_every_rung_of_every_network_has_the_losses_of_eager(self, fields):
        allowed = []
        for rung in self.rungs:
            try:
                self.config(*rung, **fields)
                allowed.append(rung)
            except ConfigError:
                assert rung == ("compile", "many")
        self.agree(allowed, **fields)
