"""What every script must do: run by itself and have the losses that the engine has."""

import importlib
import runpy

import numpy as np
import pytest

from engine import events
from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.networks.catalogue import NETWORKS
from engine.scripts import TOLERANCE
from engine.scripts.compose import LEVELS_READY, script
from engine.training import train

# Few examples, so that an epoch has a handful of steps and a smaller last batch.
FEW = {
    "digits": {"batch_size": 300},
    "normal": {"dataset_options": {"examples": 40}, "batch_size": 8},
    "sine": {"dataset_options": {"examples": 40, "length": 16}, "batch_size": 12},
    "characters": {"dataset_options": {"examples": 40, "length": 8}, "batch_size": 12},
    "teacher": {"dataset_options": {"examples": 60}, "batch_size": 18},
    "moons": {"dataset_options": {"examples": 60}, "batch_size": 18},
}
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop")
PRECISE = {"precision": "float64"}


def config_of(network: str, **fields) -> RunConfig:
    """A config of few steps: the network's first dataset, or the one that is given."""
    dataset = fields.get("dataset", next(iter(NETWORKS[network].recipes)))
    few = FEW.get(dataset, {"batch_size": 80})
    return RunConfig.build({"network": network, "epochs": 2, "snapshots": False, "histograms": False, **few, **fields})


def epoch_means(config: RunConfig, losses: list[float]) -> list[float]:
    """The mean loss of an example in each epoch, whose last batch is smaller."""
    examples = len(prepare(config).inputs)
    sizes = [min(config.batch_size, examples - first) for first in range(0, examples, config.batch_size)]
    return [float(np.average(epoch, weights=sizes)) for epoch in np.reshape(losses, (-1, len(sizes)))]


class ScriptsSuite:
    """`framework` is the twins'."""

    framework: str

    def engine_losses(self, config: RunConfig) -> list[float]:
        """Of every step."""
        told = self.engine_events(config)
        return [loss for event in told if isinstance(event, events.Steps) for loss in event.losses]

    def engine_events(self, config: RunConfig) -> list:
        """All that a run tells."""
        twin = importlib.import_module(f"engine.frameworks.train_{self.framework}")
        network = importlib.import_module(f"engine.networks.{config.network}_{self.framework}")
        twin.forget()
        return list(train(config, prepare(config), twin, network))

    def script_losses(self, config: RunConfig, level: str, folder) -> list[float]:
        """Of every step, or the means of epochs, as the script leaves them."""
        twin = importlib.import_module(f"engine.frameworks.train_{self.framework}")
        twin.forget()
        twin.configure(config)  # what another script, or the engine, left in this process
        path = folder / "script.py"
        path.write_text(script(config, self.framework, level).text, encoding="utf-8")
        return runpy.run_path(str(path))["losses"]

    def check(self, config: RunConfig, level: str, folder) -> None:
        expected = self.engine_losses(config)
        found = self.script_losses(config, level, folder)
        if level == "fit":
            expected = epoch_means(config, expected)
        assert 2 <= len(expected) == len(found)
        assert found == pytest.approx(expected, rel=TOLERANCE[config.precision], abs=0)

    @pytest.mark.parametrize("level", LEVELS_READY)
    @pytest.mark.parametrize("policy", ["matched", "defaults"])
    @pytest.mark.parametrize("network", NETWORKS)
    def test_losses_are_the_engine_s(self, network, policy, level, tmp_path):
        self.check(config_of(network, policy=policy, **PRECISE), level, tmp_path)

    @pytest.mark.parametrize("network", ["mlp", "lenet", "lstm"])
    def test_in_single_precision(self, network, tmp_path):
        self.check(config_of(network), "layers", tmp_path)

    @pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
    @pytest.mark.parametrize("level", LEVELS_READY)
    def test_in_mixed_precision(self, level, precision, tmp_path):
        self.check(config_of("lenet", precision=precision), level, tmp_path)
        assert self.script_losses(config_of("lenet"), level, tmp_path) != pytest.approx(
            self.script_losses(config_of("lenet", precision=precision), level, tmp_path), rel=1e-6
        )

    @pytest.mark.parametrize("policy", ["matched", "defaults"])
    @pytest.mark.parametrize("level", LEVELS_READY)
    def test_the_framework_s_own_scaler_leaves_out_the_same_steps(self, level, policy, tmp_path):
        """The first gradients of such noise are too large for float16; with all else that a step may have."""
        noisy = {"dataset": "teacher", "dataset_options": {"examples": 60, "noise": 1.0}, "batch_size": 8}
        fields = noisy | {"policy": policy, "gradient_clip_norm": 0.5, "schedule": "cosine", "epochs": 3}
        config = config_of("mlp", precision="mixed_float16", **fields)
        scaled = [event for event in self.engine_events(config) if isinstance(event, events.LossScaled)]
        assert scaled[-1].skipped > 1
        own = {"torch": "torch.amp.GradScaler(", "tensorflow": "keras.optimizers.LossScaleOptimizer("}
        assert own[self.framework] in script(config, self.framework, level).text
        self.check(config, level, tmp_path)

    @pytest.mark.parametrize("policy", ["matched", "defaults"])
    @pytest.mark.parametrize("level", LEVELS_READY)
    @pytest.mark.parametrize("optimizer", OPTIMIZERS)
    def test_every_optimizer_with_all_that_changes_a_step(self, optimizer, policy, level, tmp_path):
        fields = {"dataset": "moons", "optimizer": optimizer, "policy": policy, "weight_decay": 0.02}
        fields |= {"gradient_clip_norm": 0.05, "warmup_steps": 3, "schedule": "cosine", "epochs": 3}
        self.check(config_of("mlp", **fields, **PRECISE), level, tmp_path)

    @pytest.mark.parametrize("policy", ["matched", "defaults"])
    @pytest.mark.parametrize(
        ("network", "level"), [("mlp", level) for level in LEVELS_READY] + [("transformer", "layers")]
    )
    def test_dropout_gelu_and_a_schedule_in_steps(self, network, level, policy, tmp_path):
        options = {"dropout": 0.3} | ({"activation": "gelu", "depth": 2} if network == "mlp" else {})
        fields = {"network_options": options, "policy": policy, "schedule": "step", "schedule_epochs": 1}
        self.check(config_of(network, **fields, **PRECISE), level, tmp_path)

    def test_the_script_of_another_seed_has_other_losses(self, tmp_path):
        first, second = (self.script_losses(config_of("mlp", seed=seed), "layers", tmp_path) for seed in (0, 1))
        assert first != pytest.approx(second, rel=1e-3)
