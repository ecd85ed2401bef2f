"""The scripts in PyTorch."""

import pytest
import torch

from engine.networks import lenet_torch
from engine.scripts.raw import lenet_torch as raw

pytest.register_assert_rewrite("tests.engine.scripts_suite")
from tests.engine.scripts_suite import ScriptsSuite  # noqa: E402


class TestTorch(ScriptsSuite):
    framework = "torch"

    @pytest.mark.parametrize("size", [8, 28, 32])
    def test_lenet_in_raw_tensors_on_images_of_each_size(self, size):
        network, x = lenet_torch.build((3, size, size), 10).double(), torch.rand(4, 3, size, size, dtype=torch.float64)
        found = raw.forward(dict(network.named_parameters()), x)
        assert found.shape == (4, 10)
        assert torch.allclose(found, network(x), rtol=1e-12)
