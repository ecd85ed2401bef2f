"""The layers of the matched policy in PyTorch."""

import numpy as np
import pytest
import torch
from torch import nn

pytest.register_assert_rewrite("tests.engine.layers_suite")
from tests.engine.layers_suite import LayersSuite, numbers  # noqa: E402


class TestTorch(LayersSuite):
    framework = "torch"
    own = frozenset({"LSTM", "Dropout"})
    executions = ("eager",)

    def namespace(self):
        return nn

    def dropout(self, layers, rate):
        return layers.Dropout(rate)

    def batch_norm(self, layers, shape):
        return (layers.BatchNorm1d if len(shape) == 2 else layers.BatchNorm2d)(shape[1]).double()

    def layer_norm(self, layers, width):
        return layers.LayerNorm(width).double()

    def gelu(self, layers):
        return layers.GELU()

    def apply(self, layer, x, training):
        return layer.train(training)(torch.tensor(x)).detach().numpy()

    def train_three_times(self, layer, x, execution):
        return [self.apply(layer, x, True) for _ in range(3)]

    def gradient(self, layer, x):
        x = torch.tensor(x, requires_grad=True)
        return torch.autograd.grad(layer(x).sum(), x)[0].numpy()

    def steps(self, layer):
        return dict(layer.named_buffers())["step"].item()

    def set_steps(self, layer, count):
        dict(layer.named_buffers())["step"].fill_(count)

    def running(self, layer):
        return layer.running_mean.numpy(), layer.running_var.numpy()

    def recurrent(self, layers, kind, x, weights):
        layer = getattr(layers, kind)(2, 6, batch_first=True).double()
        parameters = {name: value for name, value in layer.named_parameters() if value.requires_grad}
        with torch.no_grad():
            for name, value in parameters.items():
                value.copy_(torch.from_numpy(weights[name]))
            states, _ = layer(torch.tensor(x))
        return states[:, -1].numpy(), sum(value.numel() for value in parameters.values())

    def test_the_second_bias_of_an_lstm_stays_zero(self):
        layer = self.layers().LSTM(2, 6, num_layers=2, bidirectional=True)
        layer(torch.tensor(numbers(5, 3, 2), dtype=torch.float32))[0].sum().backward()
        optimizer = torch.optim.SGD(layer.parameters(), lr=1.0, weight_decay=0.1)
        optimizer.step()
        second = {name: value.detach().numpy() for name, value in layer.named_parameters() if "bias_hh" in name}
        assert len(second) == 4
        assert all(np.array_equal(value, np.zeros(24)) for value in second.values())
        assert np.abs(layer.bias_ih_l1_reverse.detach().numpy()).min() > 0
