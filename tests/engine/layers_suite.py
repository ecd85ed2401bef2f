"""What the layers of the matched policy promise, for either framework, held against NumPy."""

import importlib
import math

import numpy as np
import pytest

from engine.fairness.dropout import mask

SEED = 2**32 - 1
IMAGES = (5, 3, 4, 6)  # in canonical layout: batch, channels, height, width
TOLERANCE = 1e-13  # of the largest value, in float64


def close(found, expected):
    assert found.dtype == expected.dtype == np.float64
    assert np.abs(found - expected).max() <= TOLERANCE * np.abs(expected).max()


def numbers(*shape):
    return np.random.default_rng(shape).standard_normal(shape)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(x, weights):
    """The last state (batch, width); weights are canonical, gates in the order input, forget, cell, output."""
    state = cell = np.zeros((len(x), weights["weight_hh_l0"].shape[1]))
    for now in x.swapaxes(0, 1):
        gates = now @ weights["weight_ih_l0"].T + state @ weights["weight_hh_l0"].T + weights["bias_ih_l0"]
        take, keep, new, give = np.split(gates, 4, axis=1)
        cell = sigmoid(keep) * cell + sigmoid(take) * np.tanh(new)
        state = sigmoid(give) * np.tanh(cell)
    return state


def gru(x, weights):
    """The last state (batch, width); weights are canonical, gates in the order reset, update, new."""
    state = np.zeros((len(x), weights["weight_hh_l0"].shape[1]))
    for now in x.swapaxes(0, 1):
        inner = np.split(now @ weights["weight_ih_l0"].T + weights["bias_ih_l0"], 3, axis=1)
        outer = np.split(state @ weights["weight_hh_l0"].T + weights["bias_hh_l0"], 3, axis=1)
        reset, update = sigmoid(inner[0] + outer[0]), sigmoid(inner[1] + outer[1])
        state = (1 - update) * np.tanh(inner[2] + reset * outer[2]) + update * state
    return state


class LayersSuite:
    """A subclass says how its framework does what is asked here; arrays are float64, images in canonical layout.

    `own` names what is replaced. `batch_norm`, `layer_norm` and `gelu` build a layer out of the namespace, `dropout`
    one of a rate. `apply(layer, x, training)` gives its outputs; `gradient(layer, x)` that of their sum in training.
    `steps(layer)` is a dropout layer's count, `set_steps` sets it. `running(layer)` is batch norm's mean and variance.
    `recurrent(layers, kind, x, weights)` gives the last state of such a layer with canonical weights.
    """

    framework: str
    own: frozenset[str]

    def layers(self, seed=SEED):
        return importlib.import_module(f"engine.frameworks.layers_{self.framework}").matched_layers(seed)

    def test_all_layers_are_there_and_only_some_are_replaced(self):
        matched = vars(self.layers())
        assert {name for name, value in vars(self.namespace()).items() if matched[name] is not value} == self.own

    # Dropout

    @pytest.mark.parametrize("shape", [(7,), (6, 5), (4, 3, 5), IMAGES], ids=len)
    def test_masks_are_the_reference_s_step_after_step(self, shape):
        layers = self.layers()
        first, second = self.dropout(layers, 0.3), self.dropout(layers, 0.6)
        for step in range(3):
            assert np.array_equal(self.apply(first, np.ones(shape), True), mask(SEED, 0, step, shape, 0.3))
            assert np.array_equal(self.apply(second, np.ones(shape), True), mask(SEED, 1, step, shape, 0.6))

    def test_a_large_mask_at_a_late_step(self):
        shape, layer = (512, 2048), self.dropout(self.layers(0), 0.1)
        self.set_steps(layer, 10**9)
        assert np.array_equal(self.apply(layer, np.ones(shape), True), mask(0, 0, 10**9, shape, 0.1))

    def test_executions_draw_the_same_masks(self):
        for execution in self.executions:
            layer = self.dropout(self.layers(), 0.5)
            found = self.train_three_times(layer, np.ones(IMAGES), execution)
            assert np.array_equal(found, [mask(SEED, 0, step, IMAGES, 0.5) for step in range(3)])
            assert self.steps(layer) == 3

    def test_only_training_drops_and_counts(self):
        x = numbers(6, 5)
        layer, idle = self.dropout(self.layers(), 0.5), self.dropout(self.layers(), 0.0)
        assert np.array_equal(self.apply(layer, x, False), x)
        assert self.steps(layer) == 0
        assert not np.array_equal(self.apply(layer, x, True), x)
        assert self.steps(layer) == 1
        assert np.array_equal(self.apply(layer, x, False), x)
        assert self.steps(layer) == 1
        assert np.array_equal(self.apply(idle, x, True), x)

    def test_setting_the_count_back_brings_a_mask_back(self):
        x, layer = numbers(6, 50), self.dropout(self.layers(), 0.5)
        first, second = self.apply(layer, x, True), self.apply(layer, x, True)
        assert not np.array_equal(first, second)
        self.set_steps(layer, 0)
        assert np.array_equal(self.apply(layer, x, True), first)
        assert np.array_equal(self.apply(layer, x, True), second)

    def test_gradients_pass_where_outputs_do(self):
        assert np.array_equal(
            self.gradient(self.dropout(self.layers(), 0.4), numbers(6, 5)), mask(SEED, 0, 0, (6, 5), 0.4)
        )

    # PyTorch's arithmetic

    @pytest.mark.parametrize("shape", [(9, 3), IMAGES], ids=len)
    def test_batch_norm(self, shape):
        """Normalised with the variance of the batch; n/(n − 1) of it runs on, from 1, at a rate of 0.1."""
        layer, mean, variance = self.batch_norm(self.layers(), shape), np.zeros(3), np.ones(3)
        axes = (0, 2, 3)[: len(shape) - 1]
        for size in (shape[0], shape[0], 2):
            x = 0.01 * numbers(size, *shape[1:]) + 3  # so small that 1e-5 counts
            deviations = x - x.mean(axes, keepdims=True)
            squares = np.square(deviations)
            close(self.apply(layer, x, True), deviations / np.sqrt(squares.mean(axes, keepdims=True) + 1e-5))
            mean = 0.9 * mean + 0.1 * x.mean(axes)
            variance = 0.9 * variance + 0.1 * squares.sum(axes) / (x.size / 3 - 1)
        for found, expected in zip(self.running(layer), (mean, variance), strict=True):
            close(found, expected)
        mean, variance = (value.reshape(3, *[1] * (len(shape) - 2)) for value in (mean, variance))
        close(self.apply(layer, x, False), (x - mean) / np.sqrt(variance + 1e-5))

    def test_layer_norm(self):
        x = 0.01 * numbers(4, 5, 8) + 3
        deviations = x - x.mean(2, keepdims=True)
        expected = deviations / np.sqrt(np.square(deviations).mean(2, keepdims=True) + 1e-5)
        close(self.apply(self.layer_norm(self.layers(), 8), x, True), expected)

    def test_gelu(self):
        x = numbers(50, 20)
        close(self.apply(self.gelu(self.layers()), x, True), x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))))

    @pytest.mark.parametrize(("kind", "reference", "gates"), [("LSTM", lstm, 4), ("GRU", gru, 3)])
    def test_recurrent_layers(self, kind, reference, gates):
        """The LSTM has one bias; the GRU needs two, since one is inside the reset."""
        shapes = {"weight_ih_l0": (gates * 6, 2), "weight_hh_l0": (gates * 6, 6), "bias_ih_l0": (gates * 6,)}
        shapes |= {"bias_hh_l0": (gates * 6,)} if kind == "GRU" else {}
        weights = {name: np.random.default_rng(len(name)).standard_normal(shape) for name, shape in shapes.items()}
        x = numbers(5, 9, 2)
        found, parameters = self.recurrent(self.layers(), kind, x, weights)
        close(found, reference(x, weights))
        assert parameters == sum(value.size for value in weights.values())
