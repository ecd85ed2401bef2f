"""Loss scaling in PyTorch against torch.amp.GradScaler."""

import pytest
import torch

pytest.register_assert_rewrite("tests.engine.loss_scale_suite")
from engine.config import RunConfig  # noqa: E402
from engine.frameworks.loss_scale_torch import LossScale  # noqa: E402
from engine.frameworks.optimizer_torch import Optimizer  # noqa: E402
from tests.engine.loss_scale_suite import SMALL, LossScaleSuite  # noqa: E402


class TestTorch(LossScaleSuite):
    framework = "torch"
    executions = ("eager",)

    def own_scales(self, gradients):
        weight = torch.nn.Parameter(torch.zeros(2))
        optimizer, scaler = torch.optim.SGD([weight], lr=0.1), torch.amp.GradScaler("cpu")
        found = []
        for gradient in gradients:
            scaler.scale(torch.zeros(()))  # which makes the factor
            weight.grad = torch.from_numpy(gradient.copy())
            scaler.step(optimizer)
            scaler.update()
            found.append(scaler.get_scale())
        return found

    def our_scales(self, gradients):
        config = RunConfig.build(SMALL | {"policy": "defaults", "optimizer": "sgd"})
        scale = LossScale(config, Optimizer(config, {"weight": torch.zeros(2)}))
        found = []
        for gradient in gradients:
            scale.apply([torch.from_numpy(gradient.copy())], 0.1)
            found.append(scale.told()[0])
        return found
