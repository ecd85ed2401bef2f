"""What matching defaults one by one promises, for either framework: the same tests run on each in its own process."""

import importlib
import os

import pytest

from engine import events
from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.fairness.defaults import matchable
from engine.training import train

TINY = {"epochs": 1, "histograms": False, "seed": 3, "batch_size": 64}
CASES = {
    "mlp": {"network": "mlp", "network_options": {"activation": "gelu", "dropout": 0.2}, "optimizer": "rmsprop"},
    "resnet": {"network": "resnet", "optimizer": "momentum", "learning_rate": 0.01, "weight_decay": 0.001},
    "lstm": {
        "network": "lstm",
        "dataset": "adding",
        "dataset_options": {"length": 10},
        "network_options": {"width": 8},
    },
    "transformer": {
        "network": "transformer",
        "dataset_options": {"length": 16},
        "network_options": {"width": 16, "depth": 1, "heads": 4, "dropout": 0.1},
    },
    "simple_net": {"network": "simple_net", "dataset": "teacher", "optimizer": "sgd"},
}
STEPS = 12
EVERYTHING = os.environ.get("TANDEM_TEST_ALL") == "1"


class FlipsSuite:
    """`changes` names, for each case, the flips that must change this framework's losses, or its validation.

    Those in `may_change` change nothing but rounding, and so, on some machines, nothing at all.
    """

    framework: str
    changes: dict[str, set[str]]
    may_change: frozenset[str] = frozenset()

    def told(self, fields):
        """The first losses of a run as they are, and its first validation metrics."""
        config = RunConfig.build(TINY | fields | {"frameworks": [self.framework]})
        twin = importlib.import_module(f"engine.frameworks.train_{self.framework}")
        network = importlib.import_module(f"engine.networks.{config.network}_{self.framework}")
        twin.forget()
        losses, validation = [], []
        for event in train(config, prepare(config), twin, network):
            losses += event.losses if isinstance(event, events.Steps) else ()
            validation += [event.metrics] if isinstance(event, events.Epoch) else []
            if len(losses) >= STEPS and validation:
                break
        return losses, validation[:1]

    @pytest.mark.parametrize("case", CASES)
    def test_all_flips_make_the_matched_run(self, case):
        fields = CASES[case]
        own = fields | {"policy": "defaults"}
        every = list(matchable(RunConfig.build(own)))
        plain, flipped, matched = (
            self.told(asked) for asked in (own, own | {"matched_defaults": every}, fields | {"policy": "matched"})
        )
        assert flipped == matched
        assert plain != matched

    @pytest.mark.parametrize("case", ["mlp", "resnet", "lstm", "transformer"] if EVERYTHING else ["mlp", "lstm"])
    def test_each_flip_changes_what_it_should(self, case):
        own = CASES[case] | {"policy": "defaults"}
        plain = self.told(own)
        flips = matchable(RunConfig.build(own))
        changed = {name for name in flips if self.told(own | {"matched_defaults": [name]}) != plain}
        assert changed - self.may_change == self.changes[case]
