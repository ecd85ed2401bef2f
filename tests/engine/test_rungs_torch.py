"""Every way to run a step, in PyTorch."""

import pytest
import torch

pytest.register_assert_rewrite("tests.engine.rungs_suite")
from engine.frameworks import many_steps_only_torch  # noqa: E402
from engine.networks.catalogue import NETWORKS  # noqa: E402
from tests.engine.rungs_suite import RungsSuite  # noqa: E402

MANY = [("compile", "many")]
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop")


@pytest.fixture
def interpreted(monkeypatch):
    """Many steps as they are before they are compiled, which takes some seconds each."""

    def looped(step, state, rows):
        losses = []
        for number in range(len(rows[0])):
            state, (loss,) = step(state, [row[number] for row in rows])
            losses.append(loss)
        return state, (torch.stack(losses),)

    monkeypatch.setattr(many_steps_only_torch, "scan", looped)
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)


class TestTorch(RungsSuite):
    framework = "torch"
    rungs = (("compile", "one"), ("compile", "many"))

    @pytest.mark.parametrize("optimizer", OPTIMIZERS)
    def test_many_steps_are_every_optimizer_s_own(self, optimizer, interpreted):
        fields = {"network": "mlp", "network_options": {"width": 8}, "optimizer": optimizer}
        self.agree(MANY, **fields)
        self.agree(MANY, **fields, weight_decay=0.1, gradient_clip_norm=0.5)

    @pytest.mark.parametrize("network", [name for name, entry in NETWORKS.items() if not entry.recurrent])
    def test_many_steps_are_every_network_s_own(self, network, interpreted):
        self.agree(MANY, network=network)

    def test_a_layer_that_cannot_be_compiled_is_one_sentence(self, monkeypatch):
        def broken(function, **_):
            def call(*_):
                raise torch._dynamo.exc.Unsupported("Such a layer\nand more.", "a case")

            return call

        monkeypatch.setattr(torch, "compile", broken)
        with pytest.raises(ValueError, match=r"^PyTorch cannot put many steps of this network into one call \(.*\)\.$"):
            self.trained(self.config("compile", "many", network="mlp"))
