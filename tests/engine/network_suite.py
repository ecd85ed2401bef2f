"""What every twin of a reference network must be: the catalogue's weights under the catalogue's names, and runnable."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.fairness.weights import initial_weights, shapes
from engine.networks.catalogue import NETWORKS, parameters

OFFLINE = [(name, dataset) for name, network in NETWORKS.items() for dataset in network.recipes
           if dataset not in ("mnist", "fashion_mnist", "cifar10", "table")]  # fmt: skip


class NetworkSuite:
    """`framework` is the twin's."""

    framework: str

    def twin(self, name):
        return importlib.import_module(f"engine.networks.{name}_{self.framework}")

    def session(self, name, dataset, **fields):
        """A session of the network with the weights that both frameworks share, and these weights."""
        config = RunConfig.build({"network": name, "dataset": dataset, **fields})
        train = importlib.import_module(f"engine.frameworks.train_{self.framework}")
        train.forget()
        train.configure(config)
        weights = initial_weights(config)
        return train.Session(config, prepare(config), self.twin(name).build, weights), weights, shapes(config)

    @pytest.mark.parametrize(("name", "dataset"), OFFLINE)
    def test_weights_have_the_catalogue_s_names_and_shapes(self, name, dataset):
        session, shared, expected = self.session(name, dataset)
        assert session.parameters == parameters(expected)
        assert {key: value.shape for key, value in session.weights().items()} == {
            key: weight.shape for key, weight in expected.items()
        }
        for key, value in session.weights().items():
            assert np.array_equal(value, shared[key].astype(np.float32))
        assert session.network_text

    @pytest.mark.parametrize(
        ("name", "dataset"), [("mlp", "digits"), ("plain_mlp", "digits"), ("simple_net", "teacher")]
    )
    def test_outputs_are_those_of_the_weights(self, name, dataset):
        """These are linear, ReLU, linear; NumPy knows the answer."""
        session, shared, _ = self.session(name, dataset, precision="float64")
        first, shift, last, bias = shared.values()
        inputs = np.random.default_rng(3).standard_normal((5000, first.shape[1]))
        expected = np.maximum(inputs @ first.T + shift, 0) @ last.T + bias
        assert session.predict(inputs) == pytest.approx(expected, rel=1e-12, abs=1e-12)

    @pytest.mark.parametrize("name", NETWORKS)
    def test_weights_come_back_as_they_were_given(self, name):
        """Through the framework's own layout, and from a checkpoint."""
        session, shared, _ = self.session(name, next(iter(NETWORKS[name].recipes)), precision="float64")
        state = session.state()
        session.restore({key: value + 1 if key.startswith("weights/") else value for key, value in state.items()})
        assert all(np.array_equal(value, shared[key] + 1) for key, value in session.weights().items())

    @pytest.mark.parametrize("name", ["resnet", "transformer", "mlp"])
    def test_looking_at_gradients_changes_nothing(self, name):
        """Neither running statistics nor the count that decides the next dropout mask."""
        options = {} if name == "resnet" else {"network_options": {"dropout": 0.2}}
        session, _, _ = self.session(name, next(iter(NETWORKS[name].recipes)), **options)
        session.begin_epoch(np.arange(64), np.full(2, 0.01))
        session.run(0, 1)
        before = session.state()
        first, again = session.gradients(0), session.gradients(0)
        assert all(np.array_equal(first[key], again[key]) for key in first)
        after = session.state()
        assert before.keys() == after.keys()
        assert all(np.array_equal(before[key], after[key]) for key in before)
        assert any(key.startswith("running/") for key in before)

    @pytest.mark.parametrize("name", NETWORKS)
    def test_the_file_runs_alone(self, name, tmp_path):
        """A student copies it and runs it; nothing of ours is near."""
        file = tmp_path / "mine.py"
        file.write_bytes(Path(self.twin(name).__file__).read_bytes())
        answer = subprocess.run([sys.executable, "-I", file], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert float(answer.stdout.rsplit("loss", 1)[1]) >= 0
