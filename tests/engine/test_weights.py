"""Both workers draw the same initial weights without a word between them."""

import numpy as np
import pytest

from engine.config import RunConfig
from engine.fairness.weights import initial_weights, shapes
from engine.networks.catalogue import NETWORKS, parameters


def weights(**fields):
    return initial_weights(RunConfig.build(fields))


FITTING = [(name, dataset) for name in NETWORKS for dataset in NETWORKS[name].recipes if dataset != "table"]


@pytest.mark.parametrize(("name", "dataset"), FITTING)
def test_every_weight_of_the_catalogue_in_its_shape(name, dataset):
    config = RunConfig.build({"network": name, "dataset": dataset})
    found, expected = initial_weights(config), shapes(config)
    assert {key: value.shape for key, value in found.items()} == {key: spec.shape for key, spec in expected.items()}
    assert sum(value.size for value in found.values()) == parameters(expected)
    assert all(value.dtype == np.float64 for value in found.values())


@pytest.mark.parametrize(
    ("name", "count"),
    [
        *(("mlp", 9_610), ("plain_mlp", 9_610), ("simple_net", 25), ("logistic", 650)),
        *(("lenet", 19_754), ("resnet", 77_754), ("autoencoder", 2_597)),
        # 4 · 32 · (1 + 32) + 4 · 32, and 3 · 32 · (1 + 32) + 2 · 3 · 32; each with 32 · 2 + 2 for the output
        *(("lstm", 4_418), ("gru", 3_426)),
    ],
)
def test_the_number_of_parameters(name, count):
    dataset = next(iter(NETWORKS[name].recipes))
    assert parameters(shapes(RunConfig.build({"network": name, "dataset": dataset}))) == count


def test_weights_are_uniform_within_one_over_the_root_of_the_fan_in():
    hidden = weights(network="mlp")["hidden1.weight"] * np.sqrt(64)
    assert np.abs(hidden).max() < 1
    assert np.histogram(hidden, 4, (-1, 1))[0] == pytest.approx(hidden.size / 4, rel=0.05)


def test_norms_begin_at_one_and_zero_and_embeddings_are_normal():
    found = weights(network="transformer")
    assert set(found["norm.weight"]) == {1.0}
    assert set(found["norm.bias"]) == {0.0}
    tokens = found["embedding.token.weight"]
    assert tokens.mean() == pytest.approx(0, abs=0.1)
    assert tokens.std() == pytest.approx(1, abs=0.1)


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
