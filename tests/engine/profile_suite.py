"""What a framework's profiler must give, for either framework: the same tests run on each in a process of its own."""

import gzip
import importlib
import json

import pytest

from engine.config import RunConfig
from engine.operators.families import Operator, by_family
from engine.operators.record import profiled, steps_of

WIDE = {"network": "mlp", "dataset": "digits", "network_options": {"depth": 3, "width": 512}, "batch_size": 512}
LENET = {"network": "lenet", "dataset": "digits", "batch_size": 256}


class ProfileSuite:
    framework = ""
    executions: tuple[str, ...] = ()

    @pytest.fixture(autouse=True)
    def _as_before(self, monkeypatch):
        """`prepare` changes the process for good; here only for one test."""
        optimizer = importlib.import_module(f"engine.frameworks.optimizer_{self.framework}").Optimizer
        monkeypatch.setattr(optimizer, "apply", optimizer.apply)

    def profiler(self):
        return importlib.import_module(f"engine.frameworks.profile_{self.framework}")

    def recordings(self, steps=4, **fields):
        """Some recordings of the same steps; the profiler's first one is left out."""
        fields = {"optimizer": "sgd", "frameworks": [self.framework]} | fields
        config = RunConfig.build(fields)
        twin = importlib.import_module(f"engine.frameworks.train_{self.framework}")
        twin.forget()
        self.profiler().prepare()
        work = steps_of(twin, config, self.framework)
        self.profiler().begin(lambda: work(2))
        return [self.profiler().record(lambda: work(steps)) for _ in range(6)][1:]

    def recorded(self, steps=4, **fields):
        return self.recordings(steps, **fields)[0]

    def families(self, **fields):
        """Seconds of each family, each operator at its quickest: other processes delay now this, now that."""
        quickest: dict[tuple, Operator] = {}
        for recording in self.recordings(**fields):
            for one in recording.operators:
                key = (one.name, one.parts, one.optimizer)
                quickest[key] = min(one, quickest.get(key, one), key=lambda each: each.seconds)
        return by_family(quickest.values())

    def each(self):
        return [{"execution": {self.framework: name}} for name in self.executions]

    def test_a_network_of_matrix_products_spends_its_operators_on_them(self):
        for execution in self.each():
            families = self.families(**WIDE | execution)
            assert max(families, key=families.__getitem__) == "matrix product"
            assert families["matrix product"] > 0.5 * sum(families.values()), (execution, families)
            assert families["convolution"] == families["pooling"] == 0

    def test_a_network_of_convolutions_spends_most_on_them(self):
        for execution in self.each():
            families = self.families(**LENET | execution)
            assert max(families, key=families.__getitem__) == "convolution", (execution, families)
            assert families["pooling"] > 0
            assert families["matrix product"] > 0

    def test_self_times_never_exceed_what_the_threads_had(self):
        """One thread of operators, and the one that calls: no instant is counted twice."""
        for execution in self.each():
            found = self.recorded(**LENET | execution)
            assert 0 < sum(one.seconds for one in found.operators) < found.seconds
            assert all(one.seconds >= 0 and one.calls > 0 for one in found.operators)

    @pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
    def test_the_optimizer_s_operators_are_told_from_the_others(self, optimizer):
        for policy in ("matched", "defaults"):
            for execution in self.each():
                fields = {"optimizer": optimizer, "policy": policy, "gradient_clip_norm": 1.0}
                found = self.recorded(network="mlp", dataset="iris", **fields, **execution)
                marked = [one for one in found.operators if one.optimizer]
                assert marked, (policy, execution)
                assert all(one.family == "optimizer" for one in marked)
                assert sum(one.seconds for one in marked) < sum(one.seconds for one in found.operators)

    def test_calls_are_counted_per_step(self):
        few, many = (self.recorded(steps, **LENET, execution={self.framework: self.executions[0]}) for steps in (2, 4))
        convolutions = [
            sum(one.calls for one in found.operators if one.family == "convolution") for found in (few, many)
        ]
        assert convolutions[0] * 2 == convolutions[1] > 0

    def test_traces_can_be_opened(self):
        found = self.recorded(**LENET)
        trace = json.loads(gzip.decompress(found.traces[f"{self.framework}.trace.json.gz"]))
        events = [event for event in trace["traceEvents"] if event["ph"] == "X"]
        assert len(events) >= max(one.calls for one in found.operators)
        assert all(event["dur"] >= 0 for event in events)
        assert any("conv" in event["name"].lower() for event in events)

    def test_the_steps_are_timed_with_and_without(self):
        config = RunConfig.build(LENET | {"frameworks": [self.framework]})
        twin = importlib.import_module(f"engine.frameworks.train_{self.framework}")
        work, told = steps_of(twin, config, self.framework), []
        found, traces = profiled(self.profiler(), work, 3, told.append)
        assert told == [3 * (number + 1) for number in range(7)]
        assert len(found["profiled"]) == len(found["bare"]) == 3
        assert min(*found["profiled"], *found["bare"]) > 0
        assert sum(one["seconds"] for one in found["operators"]) / 3 < min(found["profiled"])
        assert traces
