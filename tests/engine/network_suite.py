"""What every twin of a reference network must be: the catalogue's weights under the catalogue's names, and runnable."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.config import RunConfig
from engine.datasets.catalogue import DATASETS
from engine.datasets.split import load
from engine.fairness.weights import initial_weights
from engine.networks.catalogue import NETWORKS, parameters

FITTING = [(name, dataset) for name, network in NETWORKS.items() for dataset in network.recipes]


class NetworkSuite:
    """`framework` is the twin's."""

    framework: str

    def twin(self, name):
        return importlib.import_module(f"engine.networks.{name}_{self.framework}")

    def session(self, name, dataset, precision="float32"):
        """A session of the network with the weights that both frameworks share, and these weights."""
        config = RunConfig.build({"network": name, "dataset": dataset, "precision": precision})
        train = importlib.import_module(f"engine.frameworks.train_{self.framework}")
        split = load(dataset, config.dataset_options, config.seed, config.train_fraction)
        train.configure(config)
        weights = initial_weights(config)
        return train.Session(config, split, self.twin(name).build, weights), weights

    @pytest.mark.parametrize(("name", "dataset"), FITTING)
    def test_weights_have_the_catalogue_s_names_and_shapes(self, name, dataset):
        session, shared = self.session(name, dataset)
        expected = NETWORKS[name].weights(DATASETS[dataset].inputs, DATASETS[dataset].outputs)
        assert session.parameters == parameters(NETWORKS[name], DATASETS[dataset])
        assert {key: value.shape for key, value in session.weights().items()} == {
            key: weight.shape for key, weight in expected.items()
        }
        for key, value in session.weights().items():
            assert np.array_equal(value, shared[key].astype(np.float32))
        for layer in {key.split(".")[0] for key in expected}:
            assert layer in session.network_text

    @pytest.mark.parametrize(("name", "dataset"), [("mlp", "digits"), ("simple_net", "teacher")])
    def test_outputs_are_those_of_the_weights(self, name, dataset):
        """These two are linear, ReLU, linear; NumPy knows the answer."""
        session, shared = self.session(name, dataset, "float64")
        inputs = np.random.default_rng(3).standard_normal((5000, DATASETS[dataset].inputs))
        hidden = np.maximum(inputs @ shared["hidden.weight"].T + shared["hidden.bias"], 0)
        expected = hidden @ shared["output.weight"].T + shared["output.bias"]
        assert session.predict(inputs) == pytest.approx(expected, rel=1e-12, abs=1e-12)

    @pytest.mark.parametrize("name", NETWORKS)
    def test_the_file_runs_alone(self, name, tmp_path):
        """A student copies it and runs it; nothing of ours is near."""
        file = tmp_path / "mine.py"
        file.write_bytes(Path(self.twin(name).__file__).read_bytes())
        answer = subprocess.run([sys.executable, "-I", file], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert float(answer.stdout.rsplit("loss", 1)[1]) >= 0
