"""What a benchmark's subject promises, for either framework: the same tests run on each in its own process."""

import importlib
import json
from typing import Any

import numpy as np
import pytest

from engine import events
from engine.bench import subject as bench_subject
from engine.bench.subject import OwnLoop, UsualLoop
from engine.config import EXECUTIONS, RunConfig
from engine.fairness.evidence import digest
from engine.fairness.weights import shapes
from engine.networks.catalogue import parameters

TOLERANCE = 1e-4  # of float32, over a few steps or layers


class SubjectSuite:
    framework: str

    @pytest.fixture
    def twin(self):
        return importlib.import_module(f"engine.frameworks.train_{self.framework}")

    def config(self, execution: str = "eager", **fields: Any) -> RunConfig:
        ways = {side: names[0] for side, names in EXECUTIONS.items()} | {self.framework: execution}
        return RunConfig.build({"frameworks": (self.framework,), "execution": ways, **fields})

    def subject(self, twin, quantity: str = "training_step", execution: str = "eager", **fields: Any) -> OwnLoop:
        quality = {"metric": "validation_accuracy", "target": 0.8}
        return OwnLoop(twin, self.config(execution, **fields), quantity, quality)

    @pytest.mark.parametrize("network", ["mlp", "lenet", "lstm"])
    def test_sessions_in_one_process_do_not_disturb_each_other(self, twin, network):
        """Each has the losses, to the last bit, of one that was alone."""
        ways = [name for name in EXECUTIONS[self.framework] if name not in ("compile", "xla")]
        fields = {"network": network, "network_options": {"dropout": 0.2} if network == "mlp" else {}}
        alone = []
        for way in ways:
            subject = self.subject(twin, execution=way, **fields)
            subject._begin_epoch()
            alone.append([float(subject._session.run(step, 1)[0]) for step in range(3)])
        subjects = [self.subject(twin, execution=way, **fields) for way in (*ways, ways[0])]
        for subject in subjects:
            subject._begin_epoch()
        turns = [[float(subject._session.run(step, 1)[0]) for subject in subjects] for step in range(3)]
        assert [list(losses) for losses in zip(*turns, strict=True)] == [*alone, alone[0]]

    def test_every_block_trains_the_same_steps(self, twin, monkeypatch):
        subject = self.subject(twin)
        subject.opened()
        monkeypatch.setattr(bench_subject, "STRETCH", 50)
        subject.measure(120, 0, 0)  # across an epoch's end, and back to the beginning in between
        after = subject._session.weights()
        subject.measure(20, 1, 0)
        for name, value in subject._session.weights().items():
            np.testing.assert_array_equal(value, after[name])
        subject.measure(21, 2, 0)
        assert any((value != after[name]).any() for name, value in subject._session.weights().items())

    def test_what_it_says_of_itself_is_evidence(self, twin):
        told = self.subject(twin).opened()
        seen = events.Evidence(**told["evidence"])
        assert (seen.dtype, seen.device, seen.batch_size, seen.parameters) == ("float32", "cpu", 32, 9610)
        assert told["parameters"] == 9610
        assert told["first_seconds"] > 0 < told["second_seconds"]
        assert told["input_seconds"] > 0 < told["peak_bytes"]

    @pytest.mark.parametrize("network", ["mlp", "lenet"])
    def test_calls_give_what_predict_gives_in_every_execution(self, twin, network):
        for way in EXECUTIONS[self.framework]:
            if way == "compile":
                continue  # half a minute
            subject = self.subject(twin, "inference", way, network=network, batch_size=5)
            expected = subject._session.predict(subject._split.inputs[:5])
            np.testing.assert_allclose(subject._answer(), expected, rtol=TOLERANCE, atol=TOLERANCE)
            assert len(subject.measure(3, 0, 3)["each"]) == 3

    def test_a_batch_larger_than_the_data_is_filled_up(self, twin):
        subject = self.subject(twin, "inference", dataset="iris", batch_size=400)
        assert len(subject._answer()) == 400

    def test_an_epoch_is_whole(self, twin):
        subject = self.subject(twin, "epoch")
        subject.opened()
        assert subject.measure(1, 0, 0)["steps"] == 45
        assert subject._step == 90
        assert subject.measure(3, 0, 0)["steps"] == 3 * 45
        assert subject._step == 4 * 45

    def test_quality_is_reached_with_another_seed_each_round(self, twin):
        subject = self.subject(twin, "time_to_quality", epochs=20)
        subject.opened()
        first, again, other = (subject.measure(1, number, 0) for number in (0, 0, 1))
        assert first["reached"]
        assert (first["value"], first["steps"]) == (again["value"], again["steps"])
        assert first["value"] >= 0.8
        assert first["value"] != other["value"]
        subject._quality = {"metric": "validation_loss", "target": -1.0}
        assert not subject.measure(1, 0, 0)["reached"]

    def test_a_floor_is_no_higher_than_what_a_layer_must_do(self, twin):
        subject = self.subject(twin)
        subject.opened()
        found = subject.floor()
        assert found["flops_per_step"] == 2 * 32 * (2 * 64 * 128 + 3 * 128 * 10)  # of data nobody wants a gradient
        assert found["bytes_per_step"] == 10 * 4 * 9610
        assert found["matmul_flops"] > 0 < found["copy_bytes_per_second"]

    def test_a_floor_knows_images(self, twin):
        subject = self.subject(twin, network="lenet")
        subject.opened()
        weights = shapes(subject.config)
        wide = {name: weight.shape for name, weight in weights.items() if len(weight.shape) == 4}
        dense = sum(np.prod(weight.shape) for weight in weights.values() if len(weight.shape) == 2)
        least = 32 * (dense + sum(np.prod(shape) for shape in wide.values()))
        assert subject.floor()["flops_per_step"] > 6 * least  # a convolution is at many places

    def test_a_floor_knows_a_transposed_convolution_by_what_it_is(self, twin):
        subject = self.subject(twin, network="autoencoder", dataset="digits", network_options={"code": 16})
        subject.opened()
        wide = 2 * 16 * 16 * 16 + 3 * 4 * 256 * 16  # of conv1 at 4×4 places and conv2 at 2×2
        assert subject.floor()["flops_per_step"] == 2 * subject.config.batch_size * wide

    @pytest.mark.parametrize("fields", [{}, {"network": "lenet"}, {"network": "autoencoder"}], ids=str)
    def test_the_usual_loop_trains_begins_again_and_tells(self, twin, fields):
        config = self.config(policy="defaults", **fields)
        subject = UsualLoop(twin, config)
        told = subject.opened()
        seen = events.Evidence(**told["evidence"])
        assert seen.parameters == parameters(shapes(config))
        split, kept = subject._split, seen.digests
        for part in ("inputs", "targets", "validation_inputs"):
            values = getattr(split, part)
            kind = np.int64 if values.dtype.kind == "i" else np.float32
            assert kept[f"data/{part}"] == digest([values.astype(kind)])
        assert told["first_seconds"] is None  # it gives back whole epochs
        assert told["first_epoch_seconds"] > 0 < told["peak_bytes"]
        subject._loop.begin_again()
        first, second = subject._loop.epochs(2)
        assert second < first
        subject._loop.begin_again()
        assert subject._loop.epochs(1)[0] == pytest.approx(first, rel=0.1)  # in another order
        assert subject.measure(2 * told["multiple"], 0, 0)["seconds"] > 0

    def test_the_usual_loop_is_called_once_for_several_epochs(self, twin, monkeypatch):
        subject = UsualLoop(twin, self.config(policy="defaults"))
        asked = []
        monkeypatch.setattr(subject._loop, "epochs", asked.append)
        subject.measure(3 * subject._steps, 0, 0)
        assert asked == [3]

    def test_the_usual_loop_takes_no_config_of_which_it_leaves_something_out(self, twin):
        with pytest.raises(ValueError, match="has no clipping of the gradient"):
            UsualLoop(twin, self.config(policy="defaults", gradient_clip_norm=1.0))

    @pytest.mark.parametrize("batch_size", [32, 1024])
    def test_every_step_that_is_timed_has_a_whole_batch(self, twin, batch_size):
        """1,438 rows train: a smaller last batch is no step of the size that the label says."""
        config = self.config(policy="defaults", batch_size=batch_size)
        rows = 1438 // batch_size * batch_size
        for subject in (OwnLoop(twin, config, "training_step", None), UsualLoop(twin, config)):
            assert len(subject._split.inputs) == len(subject._split.targets) == rows
            assert subject._steps == rows // batch_size
            told = subject.opened()["evidence"]
            assert told["disclosed"]["training rows"] == "whole batches alone"
            assert told["digests"]["data/inputs"] == digest([subject._split.inputs.astype(np.float32)])
        assert len(OwnLoop(twin, config, "epoch", None)._split.inputs) == 1438

    def test_of_calls_as_many_are_kept_as_asked_for(self, twin):
        subject = self.subject(twin, "inference")
        subject.opened()
        told = subject.measure(50, 0, 7)
        assert len(told["each"]) == 7
        assert all(one == round(one, 9) for one in told["each"])
        assert told["seconds"] > sum(told["each"])

    def test_memory_is_told_with_every_answer(self, twin, monkeypatch):
        cases: dict = {}
        config = json.loads(self.config(policy="defaults").to_json())
        asked = {"case": 0, "loop": "engine", "config": config, "quantity": "training_step", "quality": None}
        told = bench_subject._answer(twin, cases, asked | {"do": "open"})
        block = {"do": "block", "case": 0, "count": 2, "round": 0, "keep": 0}
        after = bench_subject._answer(twin, cases, block)
        assert after["peak_bytes"] >= told["peak_bytes"] > 0
        assert "device_peak_bytes" not in after  # on a CPU
        monkeypatch.setattr(cases[0]._session, "device_memory", lambda: 7)
        assert bench_subject._answer(twin, cases, block)["device_peak_bytes"] == 7

    def test_each_training_to_a_quality_compiles_anew(self, twin, monkeypatch):
        subject, forgotten = self.subject(twin, "time_to_quality", epochs=1), []
        monkeypatch.setattr(twin, "forget", lambda: forgotten.append(subject._session))
        for round_ in range(2):
            subject.measure(1, round_, 0)
        assert len(set(map(id, forgotten))) == 2
