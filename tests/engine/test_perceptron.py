"""A perceptron in NumPy, which the certificate holds both frameworks against."""

import numpy as np
import pytest

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.fairness import perceptron
from engine.fairness.weights import initial_weights


@pytest.mark.parametrize("activation", list(perceptron.ACTIVATIONS))
@pytest.mark.parametrize("dataset", ["teacher", "iris"])
def test_the_gradients_of_a_perceptron_are_the_slopes_of_its_loss(activation, dataset):
    """By central differences in the direction of the gradient itself."""
    options = {"depth": 2, "width": 5, "activation": activation, "dropout": 0.3}
    config = RunConfig.build({"network": "mlp", "dataset": dataset, "network_options": options})
    split, weights = prepare(config), initial_weights(config)
    batch = split.inputs[:20], split.targets[:20]
    _, gradients = perceptron.loss_and_gradients(config, weights, *batch)
    for name, gradient in gradients.items():
        step = 1e-6 * gradient / np.linalg.norm(gradient)
        ends = [
            perceptron.loss_and_gradients(config, weights | {name: weights[name] + sign * step}, *batch)[0]
            for sign in (1, -1)
        ]
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(np.linalg.norm(gradient), rel=1e-6)
