"""Both workers draw the same initial weights without a word between them."""

import numpy as np
import pytest

from engine.config import RunConfig
from engine.datasets.catalogue import DATASETS
from engine.fairness.weights import initial_weights
from engine.networks.catalogue import NETWORKS, parameters


def weights(**fields):
    return initial_weights(RunConfig.build(fields))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_weight_of_the_catalogue_in_its_shape(name):
    for dataset in NETWORKS[name].recipes:
        found = weights(network=name, dataset=dataset)
        expected = NETWORKS[name].weights(DATASETS[dataset].inputs, DATASETS[dataset].outputs)
        assert {key: value.shape for key, value in found.items()} == {key: spec.shape for key, spec in expected.items()}
        assert sum(value.size for value in found.values()) == parameters(NETWORKS[name], DATASETS[dataset])
        assert all(value.dtype == np.float64 for value in found.values())


@pytest.mark.parametrize(("name", "dataset", "count"), [("mlp", "digits", 9610), ("simple_net", "normal", 25)])
def test_the_number_of_parameters(name, dataset, count):
    assert parameters(NETWORKS[name], DATASETS[dataset]) == count


def test_weights_are_uniform_within_one_over_the_root_of_the_fan_in():
    hidden = weights(network="mlp")["hidden.weight"] * np.sqrt(64)
    assert np.abs(hidden).max() < 1
    assert np.histogram(hidden, 4, (-1, 1))[0] == pytest.approx(hidden.size / 4, rel=0.05)


def test_each_weight_hangs_on_the_seed_and_its_name_alone():
    first, again = weights(network="mlp", seed=1), weights(network="mlp", seed=1, epochs=3, optimizer="sgd")
    other = weights(network="mlp", seed=2)
    assert all(first[name].tobytes() == again[name].tobytes() for name in first)
    assert all((first[name] != other[name]).all() for name in first)
    assert len({value.flat[0] * np.sqrt(value.shape[-1]) for value in first.values()}) == len(first)


def test_weights_never_change():
    """Runs of earlier versions can be repeated only when these stay as they are."""
    found = weights(network="simple_net", seed=7)["output.weight"]
    assert found.tolist() == [[-0.5418443416217786, 0.013010680196433113, -0.25311698407622196]]
