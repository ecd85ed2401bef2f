"""What recording layers and gradients promises, for either framework: the same tests run on each in its own process."""

import importlib
from types import SimpleNamespace

import numpy as np
import pytest

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.examinations.lockstep import SIGNS, VALUES, Job, sample, trace
from engine.fairness.batches import epoch_order
from engine.fairness.divergence import diverge
from engine.fairness.weights import initial_weights, shapes

SMALL = {
    "mlp": {"dataset": "moons", "network_options": {"depth": 2, "width": 8, "dropout": 0.2}},
    "simple_net": {"dataset": "teacher"},
    "plain_mlp": {"dataset": "iris", "network_options": {"width": 8}},
    "logistic": {"dataset": "iris"},
    "lenet": {},
    "resnet": {},
    "autoencoder": {},
    "lstm": {"dataset": "adding", "dataset_options": {"length": 5}, "network_options": {"width": 4}},
    "gru": {"dataset": "adding", "dataset_options": {"length": 5}, "network_options": {"width": 4}},
    "transformer": {"dataset_options": {"length": 8}, "network_options": {"width": 8, "depth": 1, "dropout": 0.1}},
}
# What both frameworks must name, in the order of the pass.
LAYERS = {
    "mlp": ["hidden1", "activation1", "dropout1", "hidden2", "activation2", "dropout2", "output"],
    "simple_net": ["hidden", "output"],
    "plain_mlp": [],
    "logistic": ["output"],
    "lenet": ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "fc1", "relu3", "fc2", "relu4", "output"],
    "resnet": ["conv1", "norm1", "stage1.block1.conv1", "stage2.block1.shortcut_norm", "output"],
    "autoencoder": ["conv1", "relu1", "conv2", "deconv1", "relu2", "deconv2"],
    "lstm": ["lstm", "output"],
    "gru": ["gru", "output"],
    "transformer": ["embedding.token", "embedding", "block1.attention.key", "block1.attention", "block1", "output"],
}
RELUS = {"mlp": 2, "simple_net": 1, "plain_mlp": 1, "lenet": 4, "resnet": 7, "autoencoder": 2}


class ActivationsSuite:
    """`framework` is the twin's."""

    framework: str

    def config(self, network, **fields):
        given = {"network": network, "batch_size": 16, "seed": 3, "precision": "float64", "optimizer": "sgd"}
        return RunConfig.build(given | {"learning_rate": 0.05} | SMALL[network] | fields)

    def twin(self):
        return importlib.import_module(f"engine.frameworks.train_{self.framework}")

    def session(self, config):
        twin = self.twin()
        twin.forget()
        twin.configure(config)
        split = prepare(config)
        build = importlib.import_module(f"engine.networks.{config.network}_{self.framework}").build
        session = twin.Session(config, split, build, initial_weights(config))
        steps = -(-len(split.inputs) // config.batch_size)
        session.begin_epoch(epoch_order(config.seed, 0, len(split.inputs)), np.full(steps, 0.05))
        return session, split

    def trace(self, config, steps=6, twin=None, **named):
        network = importlib.import_module(f"engine.networks.{config.network}_{self.framework}")
        return trace(Job("job", config, steps, **named), prepare(config), twin or self.twin(), network)

    @pytest.mark.parametrize("network", SMALL)
    def test_layers_have_the_names_that_both_frameworks_share(self, network):
        found, gradients = self.session(self.config(network))[0].layers(0)
        names = [name for name in found if not name.startswith("relu/")]
        assert [name for name in names if name in LAYERS[network]] == LAYERS[network]
        assert len(found) - len(names) == RELUS.get(network, 0)
        assert set(gradients) == set(shapes(self.config(network)))

    def test_a_perceptron_gives_what_numpy_computes(self):
        config = self.config("mlp", network_options={"depth": 1, "width": 8})
        session, split = self.session(config)
        rows = epoch_order(config.seed, 0, len(split.inputs))[:16]
        weights = initial_weights(config)
        hidden = split.inputs[rows] @ weights["hidden1.weight"].T + weights["hidden1.bias"]
        output = np.maximum(hidden, 0) @ weights["output.weight"].T + weights["output.bias"]
        found, _ = session.layers(0)
        np.testing.assert_allclose(found["hidden1"], hidden, rtol=0, atol=1e-14)
        np.testing.assert_allclose(found["relu/1/hidden1"], hidden, rtol=0, atol=1e-14)
        np.testing.assert_allclose(found["activation1"], np.maximum(hidden, 0), rtol=0, atol=1e-14)
        np.testing.assert_allclose(found["output"], output, rtol=0, atol=1e-14)

    def test_a_layer_with_its_activation_in_it_gives_what_the_activation_is_given(self):
        config = self.config("simple_net")
        session, split = self.session(config)
        rows, weights = epoch_order(config.seed, 0, len(split.inputs))[:16], initial_weights(config)
        hidden = split.inputs[rows] @ weights["hidden.weight"].T + weights["hidden.bias"]
        assert (hidden < 0).any()
        np.testing.assert_allclose(session.layers(0)[0]["hidden"], hidden, rtol=0, atol=1e-14)

    def test_images_have_their_channels_second(self):
        config = self.config("lenet")
        session, split = self.session(config)
        rows, weights = epoch_order(config.seed, 0, len(split.inputs))[:16], initial_weights(config)
        padded = np.pad(split.inputs[rows], ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
        images = np.einsum("bchwij,ocij->bohw", windows, weights["conv1.weight"])
        images += weights["conv1.bias"][:, None, None]
        np.testing.assert_allclose(session.layers(0)[0]["conv1"], images, rtol=0, atol=1e-13)

    def test_a_recurrent_layer_gives_its_last_state(self):
        assert self.session(self.config("lstm"))[0].layers(0)[0]["lstm"].shape == (16, 4)

    @pytest.mark.parametrize("network", ["resnet", "mlp"])
    def test_looking_changes_nothing(self, network):
        """Batch norm's statistics and dropout's counts are as they would be, so the losses are, bit for bit."""
        config = self.config(network)
        with_layers = self.trace(config, layers=True, signs=True)
        assert np.array_equal(with_layers["losses"], self.trace(config)["losses"])

    def test_what_is_kept_has_the_promised_form(self):
        found = self.trace(self.config("lenet"), steps=3, layers=True, signs=True)
        assert found["losses"].shape == (3,)
        assert found["layer/conv1"].shape == (3, VALUES)
        assert found["gradient/output.bias"].shape == (3, 10)
        assert found["signs_of"].tolist() == [16 * (6 * 64 + 16 * 16 + 120 + 84)] * 3
        assert max(value.shape[1] for name, value in found.items() if name.startswith("signs/")) <= SIGNS // 8
        assert {"weights/1/conv1.weight", "weights/3/conv1.weight"} <= set(found)
        values = self.session(self.config("lenet"))[0].layers(0)[0]["conv1"]
        np.testing.assert_allclose(found["layer/conv1"][0], sample("conv1", values, VALUES), rtol=0, atol=0)

    def test_steps_go_on_beyond_the_last_epoch(self):
        config = self.config("logistic", epochs=1)
        assert len(self.trace(config, steps=20)["losses"]) == 20

    def test_a_side_that_is_no_longer_finite_ends(self):
        config = self.config("simple_net", learning_rate=1e6)
        found = self.trace(config, steps=40, layers=True)
        assert len(found["losses"]) < 40
        assert not np.isfinite(found["losses"][-1])

    def test_a_perturbed_start_is_one_rounding_away(self):
        config = self.config("mlp")
        whole, perturbed = self.trace(config), self.trace(config, perturbed=True)
        apart = np.abs(perturbed["weights/1/hidden2.weight"] / whole["weights/1/hidden2.weight"] - 1)
        assert 1e-16 < np.median(apart) < 5e-16

    def seen(self, twin=None, **named):
        config = self.config("mlp", network_options={"depth": 3, "width": 8})
        own, perturbed = self.trace(config, layers=True), self.trace(config, layers=True, perturbed=True)
        if not twin:
            return diverge(own, own, perturbed, perturbed)
        other = self.trace(config, layers=True, twin=twin)
        return diverge(own, other, perturbed, self.trace(config, layers=True, twin=twin, perturbed=True))

    def test_identical_sides_show_nothing(self):
        found = self.seen()
        assert found.first_beyond(1e-300) is None
        assert 0 < found.noise.max() < 1e-12

    def test_another_weight_is_found_at_its_layer_and_step(self):
        own = self.twin()

        class Planted(own.Session):
            """At step 3 one weight of the second hidden layer is a little larger."""

            seen = 0

            def layers(self, batch):
                if self.seen == 3:
                    weights = self.weights()
                    weights["hidden2.weight"] *= 1 + 1e-6
                    self._set_weights(weights)
                self.seen += 1
                return super().layers(batch)

        cell = self.seen(SimpleNamespace(**vars(own) | {"Session": Planted})).first_beyond(1e-9)
        assert (cell.step, cell.row) == (3, "layer/hidden2")
        assert 1e-8 < cell.difference < 1e-5
        assert cell.noise < 1e-13

    def test_another_gradient_is_found_before_it_reaches_a_layer(self):
        own = self.twin()

        class Planted(own.Session):
            """The first layer's gradient is twice what it should be, from the first step on, and trains nothing."""

            def layers(self, batch):
                outputs, gradients = super().layers(batch)
                return outputs, gradients | {"hidden1.weight": 2 * gradients["hidden1.weight"]}

        found = self.seen(SimpleNamespace(**vars(own) | {"Session": Planted}))
        assert found.first_beyond(1e-9).row == "gradient/hidden1.weight"
        assert (found.differences > 1e-9).any(axis=1).sum() == 1
