"""Mixed precision: which runs and benchmarks are meant, and what is said of them."""

import json

import numpy as np
import pytest

from engine import events
from engine.bench import benchmark
from engine.bench.pairs import PairResult
from engine.charts import pipelines_precision
from engine.pipelines import precision
from engine.runs import Store
from engine.store.progress import shared
from tests import stories

MIXED = "mixed_bfloat16"


def test_a_run_of_each_precision_is_meant_and_no_other_config(tmp_path) -> None:
    store = Store(tmp_path)
    configs = precision.configs("simple_net", MIXED)
    store.create(configs["float32"].model_copy(update={"seed": 8}))
    newest = store.create(configs["float32"])
    store.create(configs["mixed_bfloat16"].model_copy(update={"epochs": 3}))
    assert precision.runs(store, "simple_net", MIXED) == {"float32": newest}
    mixed = store.create(configs["mixed_bfloat16"])
    assert precision.runs(store, "simple_net", MIXED) == {"float32": newest, "mixed_bfloat16": mixed}
    assert precision.training(store, [newest, mixed, "gone"]) == [newest, mixed]


def test_the_benchmark_of_the_plan_is_found_again(tmp_path) -> None:
    store = Store(tmp_path)
    assert precision.measured(store, "mlp", MIXED) == ""
    name = benchmark.create(store, precision.plan("mlp", MIXED))
    benchmark.create(store, precision.plan("simple_net", MIXED))
    assert precision.measured(store, "mlp", MIXED) == name
    sides = [(case.framework, case.config.precision) for case in precision.plan("mlp", MIXED).cases]
    assert sides == [
        *(("torch", "float32"), ("torch", "mixed_bfloat16")),
        *(("tensorflow", "float32"), ("tensorflow", "mixed_bfloat16")),
    ]
    assert json.loads(precision.plan("mlp", MIXED).to_json())["quantity"] == "training_step"


def test_a_side_that_is_slower_and_one_without_a_verdict() -> None:
    slower = PairResult(1, 0, 0.5, 0.4, 0.6, 5, "slower")
    assert pipelines_precision.speeds([slower, PairResult(3, 2, None, None, None, 1, "", "it broke")], "bfloat16") == [
        "PyTorch: bfloat16 is slower, 0.50 [0.40, 0.60] times as fast as float32 (n = 5).",
        "TensorFlow: no verdict, because it broke.",
    ]


def test_how_far_losses_are_apart() -> None:
    told = {"torch": np.array([0.01, 0.02, 0.5]), "tensorflow": np.array([np.nan])}
    assert pipelines_precision.losses(told, "bfloat16") == [
        "PyTorch: the loss in bfloat16 is 2 % away from that in float32 (median of 3 steps)."
    ]
    drawn = pipelines_precision.figure({"torch": np.linspace(0, 1, 1000)})
    assert len(drawn.data[0].x) == 200
    assert drawn.data[0].y[-1] == pytest.approx(99.8, abs=0.2)


def test_steps_that_were_left_out_are_told(tmp_path) -> None:
    store = Store(tmp_path)
    runs = {name: store.create(config) for name, config in precision.configs("mlp", "mixed_float16").items()}
    for run, skipped in zip(runs.values(), (5, 2), strict=True):
        stories.tell(store, run, "torch", [stories.started(), events.LossScaled(3, 16_384.0, skipped)])
        shared(store, run).poll()
    told = "Left out, because a gradient was too large for float16: PyTorch 2 steps."
    assert pipelines_precision.left_out(store, runs) == [told]
