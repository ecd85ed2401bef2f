"""The loss is scaled by each framework's own rule: the same tests for either, in a process of its own."""

import importlib

import numpy as np
import pytest

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.fairness import defaults
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.weights import initial_weights
from engine.twins import network_twin

OVERFLOWS = 2.0**24  # as a first factor; some halvings later it does not
SMALL = {"network": "mlp", "network_options": {"width": 8}, "precision": "mixed_float16", "batch_size": 256}
FINITE, OVERFLOW = np.array([65_536.0, -(2.0**20)], np.float32), np.array([np.inf, 1.0], np.float32)


class LossScaleSuite:
    """`framework` is the twin's; `executions` are its ways to run a step; `own_scales` is the framework's scaler."""

    framework: str
    executions: tuple[str, ...]

    def own_scales(self, gradients: list[np.ndarray]) -> list[float]:
        """The factor after each step along these gradients, by the framework's own scaler as it comes."""
        raise NotImplementedError

    def our_scales(self, gradients: list[np.ndarray]) -> list[float]:
        """The same by ours, in the policy `defaults`."""
        raise NotImplementedError

    def session(self, execution: str | None = None, **fields):
        """In its first epoch."""
        ways = {"execution": {self.framework: execution}} if execution else {}
        config = RunConfig.build(SMALL | {"frameworks": [self.framework]} | ways | fields)
        twin = importlib.import_module(f"engine.frameworks.train_{self.framework}")
        split = prepare(config)
        steps = steps_per_epoch(len(split.inputs), config.batch_size)
        twin.forget()
        twin.configure(config)
        session = twin.Session(config, split, network_twin(config, self.framework).build, initial_weights(config))
        session.begin_epoch(epoch_order(config.seed, 0, len(split.inputs)), learning_rates(config, 0, steps, steps))
        return session

    def test_the_factor_is_that_of_the_framework_s_own_scaler(self):
        gradients = [FINITE, OVERFLOW, OVERFLOW, *([FINITE] * 2000), OVERFLOW, *([FINITE] * 1999), OVERFLOW, FINITE]
        found = self.our_scales(gradients)
        assert found == self.own_scales(gradients)
        assert found[0] == defaults.FIRST_LOSS_SCALE[self.framework]
        assert [found[place] / found[0] for place in (2, 2001, 2002, 2003, 4003)] == [0.25, 0.25, 0.5, 0.25, 0.125]

    @pytest.mark.parametrize("optimizer", ["sgd", "adam"])
    def test_a_step_whose_gradient_overflows_changes_nothing_but_the_factor(self, optimizer, monkeypatch):
        monkeypatch.setitem(defaults.FIRST_LOSS_SCALE, "torch", OVERFLOWS)
        for execution in self.executions:
            session = self.session(execution, optimizer=optimizer)
            before = session.state()
            assert not all(np.isfinite(value).all() for value in session.gradients(0).values())
            (loss,) = session.run(0, 1)
            assert np.isfinite(loss)
            assert session.loss_scale() == (OVERFLOWS / 2, 1)
            after = session.state()
            changed = {name for name, value in after.items() if not np.array_equal(value, before[name])}
            assert changed == {"loss_scale/scale", "loss_scale/skipped"}
            for _ in range(20):
                session.run(0, 1)
            scale, skipped = session.loss_scale()
            assert 1 <= skipped < 20
            assert scale == OVERFLOWS / 2**skipped
            assert not np.array_equal(session.weights()["hidden1.weight"], before["weights/hidden1.weight"])

    def test_gradients_are_those_of_the_loss(self):
        """Whatever it is scaled by; float16 rounds them."""
        scaled = self.session()
        exact = self.session(precision="float32").gradients(0)
        for name, value in scaled.gradients(0).items():
            assert np.linalg.norm(value - exact[name]) < 5e-3 * np.linalg.norm(exact[name])

    def test_a_session_goes_on_where_it_was(self, monkeypatch):
        monkeypatch.setitem(defaults.FIRST_LOSS_SCALE, "torch", OVERFLOWS)
        session = self.session()
        session.run(0, 3)
        kept = session.state()
        expected = session.run(3, 2)
        other = self.session()
        other.restore(kept)
        assert other.run(3, 2).tolist() == expected.tolist()
        assert other.loss_scale() == session.loss_scale()

    def test_no_other_precision_is_scaled(self):
        assert self.session(precision="mixed_bfloat16").loss_scale() is None
