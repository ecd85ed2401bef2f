"""What every script must do: run by itself and have the losses that the engine has."""

import importlib
import os
import runpy
from typing import ClassVar

import numpy as np
import pytest

from engine import events
from engine.config import EXECUTIONS, RunConfig
from engine.datasets.split import prepare
from engine.networks.catalogue import NETWORKS
from engine.scripts import TOLERANCE
from engine.scripts.compose import script
from engine.scripts.script import LEVELS
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
EVERYTHING = os.environ.get("TANDEM_TEST_ALL") == "1"
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop")
PRECISE = {"precision": "float64"}
SMALL = {"depth": 1, "width": 8}  # a transformer


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
    told: ClassVar[dict[str, list]] = {}  # what a run of each config told; one framework has this process

    def engine_losses(self, config: RunConfig) -> tuple[list[float], float | None]:
        """Of every step, and the last one on the examples for validation."""
        told = self.engine_events(config)
        losses = [loss for event in told if isinstance(event, events.Steps) for loss in event.losses]
        validated = [event.metrics.get("validation_loss") for event in told if isinstance(event, events.Epoch)]
        return losses, validated[-1]

    def engine_events(self, config: RunConfig) -> list:
        """All that a run tells; trained once for all levels of a config."""
        key = config.model_dump_json()
        if key not in self.told:
            twin = importlib.import_module(f"engine.frameworks.train_{self.framework}")
            network = importlib.import_module(f"engine.networks.{config.network}_{self.framework}")
            twin.forget()
            self.told[key] = list(train(config, prepare(config), twin, network))
        return self.told[key]

    def run_script(self, config: RunConfig, level: str, folder) -> dict:
        """All that the script leaves."""
        twin = importlib.import_module(f"engine.frameworks.train_{self.framework}")
        twin.forget()
        twin.configure(config)  # what another script, or the engine, left in this process
        path = folder / "script.py"
        path.write_text(script(config, self.framework, level).text, encoding="utf-8")
        return runpy.run_path(str(path))

    def script_losses(self, config: RunConfig, level: str, folder) -> list[float]:
        """Of every step, or the means of epochs, as the script leaves them."""
        return self.run_script(config, level, folder)["losses"]

    def check(self, config: RunConfig, level: str, folder) -> None:
        expected, validated = self.engine_losses(config)
        left = self.run_script(config, level, folder)
        if level == "fit":
            expected = epoch_means(config, expected)
        assert 2 <= len(expected) == len(left["losses"])
        close = {"rel": TOLERANCE[config.precision], "abs": 0}
        assert left["losses"] == pytest.approx(expected, **close)
        if level != "fit" and validated is not None:  # of which fit keeps no name
            assert left["loss"] == pytest.approx(validated, **close)

    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize("policy", ["matched", "defaults"])
    @pytest.mark.parametrize("network", NETWORKS)
    def test_losses_are_the_engine_s(self, network, policy, level, tmp_path):
        self.check(config_of(network, policy=policy, **PRECISE), level, tmp_path)

    @pytest.mark.parametrize("level", ["raw", "layers"])
    @pytest.mark.parametrize("network", ["mlp", "lenet", "lstm"])
    def test_in_single_precision(self, network, level, tmp_path):
        self.check(config_of(network), level, tmp_path)

    @pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
    @pytest.mark.parametrize("level", ["layers", "fit"])
    def test_in_mixed_precision(self, level, precision, tmp_path):
        self.check(config_of("lenet", precision=precision), level, tmp_path)
        assert self.script_losses(config_of("lenet"), level, tmp_path) != pytest.approx(
            self.script_losses(config_of("lenet", precision=precision), level, tmp_path), rel=1e-6
        )

    @pytest.mark.parametrize("policy", ["matched", "defaults"])
    @pytest.mark.parametrize("level", ["layers", "fit"])
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
    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize("optimizer", OPTIMIZERS)
    def test_every_optimizer_with_all_that_changes_a_step(self, optimizer, policy, level, tmp_path):
        fields = {"dataset": "moons", "optimizer": optimizer, "policy": policy, "weight_decay": 0.02}
        fields |= {"gradient_clip_norm": 0.05, "warmup_steps": 3, "schedule": "cosine", "epochs": 3}
        self.check(config_of("mlp", **fields, **PRECISE), level, tmp_path)

    @pytest.mark.parametrize("policy", ["matched", "defaults"])
    @pytest.mark.parametrize("clip", [None, 0.05])
    @pytest.mark.parametrize("optimizer", OPTIMIZERS if EVERYTHING else ("adamw", "rmsprop"))
    def test_an_embedding_s_gradient_in_raw_tensors(self, optimizer, clip, policy, tmp_path):
        fields = {"optimizer": optimizer, "gradient_clip_norm": clip, "policy": policy, "weight_decay": 0.02}
        self.check(config_of("transformer", **fields, network_options=SMALL, **PRECISE), "raw", tmp_path)

    @pytest.mark.parametrize("policy", ["matched", "defaults"])
    @pytest.mark.parametrize("optimizer", OPTIMIZERS)
    def test_every_optimizer_in_raw_tensors_and_single_precision(self, optimizer, policy, tmp_path):
        fields = {"dataset": "moons", "optimizer": optimizer, "policy": policy, "weight_decay": 0.02}
        fields |= {"warmup_steps": 3, "schedule": "cosine"}
        self.check(config_of("mlp", **fields), "raw", tmp_path)

    @pytest.mark.parametrize("policy", ["matched", "defaults"])
    @pytest.mark.parametrize(
        ("network", "level"),
        [("mlp", level) for level in LEVELS] + [("transformer", level) for level in ("raw", "layers")],
    )
    def test_dropout_gelu_and_a_schedule_in_steps(self, network, level, policy, tmp_path):
        options = {"dropout": 0.3} | ({"activation": "gelu", "depth": 2} if network == "mlp" else SMALL)
        fields = {"network_options": options, "policy": policy, "schedule": "step", "schedule_epochs": 1}
        self.check(config_of(network, **fields, **PRECISE), level, tmp_path)

    @pytest.mark.parametrize("activation", ["tanh", "sigmoid", "silu"])
    def test_every_activation_in_raw_tensors(self, activation, tmp_path):
        fields = {"dataset": "moons", "network_options": {"activation": activation, "depth": 3, "width": 8}}
        self.check(config_of("mlp", **fields, **PRECISE), "raw", tmp_path)

    def test_more_blocks_in_raw_tensors(self, tmp_path):
        self.check(config_of("resnet", network_options={"blocks": 2}, **PRECISE), "raw", tmp_path)

    @pytest.mark.parametrize("network", ["mlp", "resnet"] if EVERYTHING else ["mlp"])
    def test_every_execution_in_raw_tensors(self, network, tmp_path):
        options = {"network_options": {"dropout": 0.3}} if network == "mlp" else {}
        for execution in EXECUTIONS[self.framework]:
            fields = {"execution": {self.framework: execution}, "steps_per_call": "one", "epochs": 1}
            self.check(config_of(network, **fields, **options, **PRECISE), "raw", tmp_path)

    def test_the_script_of_another_seed_has_other_losses(self, tmp_path):
        first, second = (self.script_losses(config_of("mlp", seed=seed), "layers", tmp_path) for seed in (0, 1))
        assert first != pytest.approx(second, rel=1e-3)
