"""The questions of a benchmark: what each can measure, its usual values, and what is refused."""

import pytest

from engine.bench import benchmark, questions
from engine.bench.pairs import equal, own
from engine.bench.plan import Quality, is_ladder, metrics
from engine.charts.speed_series import FIT_POINTS
from engine.config import ConfigError, RunConfig
from engine.networks.catalogue import NETWORKS

OWN = RunConfig.build({"policy": "defaults"})
ACCURACY, LOSS = Quality(metric="validation_accuracy", target=0.9), Quality(metric="validation_loss", target=0.3)


def has(network: str, axis: str) -> bool:
    entry = NETWORKS[network]
    if axis == "workers":
        return "batch_norm" not in entry.contains
    return axis in ("batch_size", "threads") or axis in entry.options


@pytest.mark.parametrize("network", [name for name in NETWORKS if name != "simple_net"])
@pytest.mark.parametrize("axis", benchmark.AXES)
def test_the_usual_values_of_every_axis_can_be_measured_and_have_a_slope(
    monkeypatch: pytest.MonkeyPatch, network: str, axis: str
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    if not has(network, axis):
        return
    plan = questions.plan("scaling", RunConfig.build({"network": network, "policy": "defaults"}), axis=axis)
    assert len(plan.cases) >= 2 * FIT_POINTS
    assert questions.without_slope(plan, axis) == ""


@pytest.mark.parametrize(
    ("cores", "values"),
    [(1, (1, 2)), (2, (1, 2)), (3, (1, 2, 3)), (4, (1, 2, 4)), (6, (1, 2, 4, 6)), (64, (1, 2, 4, 8, 16, 32, 64))],
)
def test_threads_go_as_far_as_the_cores(cores: int, values: tuple[int, ...]) -> None:
    assert questions.usual_values("scaling", "threads", OWN, cores) == values


def test_two_values_have_no_slope_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    plan = questions.plan("scaling", OWN, axis="threads")
    assert questions.without_slope(plan, "threads") == "This machine has 2 cores. A slope needs three values or more."
    plan = questions.plan("scaling", OWN, axis="width", values="32, 64")
    assert questions.without_slope(plan, "width") == "A slope needs three values or more."


def test_the_usual_batches_are_no_larger_than_the_data() -> None:
    few = RunConfig.build({"network": "mlp", "dataset": "iris"})  # 120 rows that train
    assert questions.usual_values("scaling", "batch_size", few) == (16, 32, 64)
    fewer = RunConfig.build({"network": "simple_net", "dataset": "teacher", "dataset_options": {"examples": 20}})
    assert questions.usual_values("scaling", "batch_size", fewer) == (4, 8, 16)


def test_latencies_go_from_one_to_a_thousand() -> None:
    plan = questions.plan("latencies", OWN)
    assert sorted({case.config.batch_size for case in plan.cases}) == [1, 8, 64, 256, 1024]


def test_values_are_taken_once_and_in_order() -> None:
    plan = questions.plan("scaling", OWN, values=" 64,16 , 64, 32")
    assert [case.config.batch_size for case in plan.cases] == [16, 16, 32, 32, 64, 64]
    assert len(questions.plan("latencies", OWN, values="8").cases) == 2


def test_precisions_come_as_they_are_asked_for_and_the_first_is_what_others_are_held_to() -> None:
    usual = questions.plan("precisions", OWN)
    assert [case.config.precision for case in usual.cases[::2]] == ["float32", "float64", "mixed_bfloat16"]
    plan = questions.plan("precisions", OWN, values="float64, float32,float64")
    assert [case.config.precision for case in plan.cases] == ["float64", "float64", "float32", "float32"]
    assert own(plan) == [(0, 2), (1, 3)]
    assert equal(plan) == [(0, 1), (2, 3)]
    assert not is_ladder(plan)
    for quantity in ("inference", "epoch"):
        assert questions.plan("precisions", OWN, quantity=quantity).quantity == quantity


def test_devices_are_those_of_the_frameworks_that_are_measured() -> None:
    plan = questions.plan("devices", OWN, values=["cuda:1", "cpu"])
    assert [getattr(case.config.device, case.framework) for case in plan.cases] == ["cuda:1", "cuda:1", "cpu", "cpu"]
    alone = RunConfig.build({"policy": "defaults", "frameworks": ["torch"]})  # TensorFlow knows no mps
    cases = questions.plan("devices", alone, values="cpu,mps").cases
    assert [case.config.device.torch for case in cases] == ["cpu", "mps"]


@pytest.mark.parametrize(
    ("question", "values", "said"),
    [
        ("precisions", "float32", 'values: "float32" was given; allowed is two or more precisions, such as float32,'),
        ("precisions", "float32,float32", "two or more precisions"),
        ("precisions", "float32,", "two or more precisions"),
        ("precisions", [], "two or more precisions"),
        ("precisions", "float32,half", 'precision: "half" was given; allowed is float32, float64, mixed_bfloat16'),
        ("devices", ["cpu"], "two or more devices, such as cpu,cuda:0"),
        ("devices", "cpu,tpu", 'device.torch: "tpu" was given; allowed is cpu, cuda:0'),
        ("devices", "cpu,mps", 'device.tensorflow: "mps" was given'),
    ],
)
def test_bad_names_are_one_sentence(question: str, values: str | list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        questions.plan(question, OWN, values=values)


@pytest.mark.parametrize("values", ["", "16", "many", "16, -3", "16; 32", "1e3, 5", "16,,32", [16], []])
def test_bad_values_are_one_sentence(values: str | list[int]) -> None:
    with pytest.raises(ConfigError, match="allowed is two or more whole numbers with commas between them"):
        questions.plan("scaling", OWN, values=values)


@pytest.mark.parametrize(
    ("question", "quantity", "why"),
    [
        ("scaling", "epoch", "allowed is training_step or inference for the question scaling: it draws steps or calls"),
        ("scaling", "time_to_quality", "it draws steps or calls per second over what is varied"),
        ("ladder", "inference", "its rungs are ways to run a training step"),
        ("latencies", "training_step", "a latency is the time of a call"),
        ("precisions", "time_to_quality", "a training ends at other steps in each"),
        ("devices", "time_to_quality", "by roundings alone in how many it takes"),
    ],
)
def test_a_quantity_that_a_question_does_not_have_is_refused_with_the_reason(question, quantity, why) -> None:
    with pytest.raises(ConfigError, match=why):
        questions.plan(question, OWN, quantity=quantity)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"axis": "width"}, "over: "),
        ({"values": "1,2"}, "values: "),
        ({"quality": ACCURACY}, "target: 0.9 was given; allowed is a target for the quantity time_to_quality alone"),
    ],
)
def test_what_a_question_does_not_take_is_refused(given: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        questions.plan("comparison", OWN, **given)


def test_metrics_are_those_of_the_task() -> None:
    assert metrics(OWN) == ("validation_accuracy", "validation_loss")
    assert metrics(RunConfig.build({"network": "autoencoder"})) == ("validation_loss",)
    assert metrics(RunConfig.build({"network": "mlp", "dataset": "diabetes"})) == ("validation_loss",)
    assert metrics(RunConfig.build({"network": "simple_net"})) == ()  # of one example none is left
    assert metrics(RunConfig.build({"train_fraction": 1.0})) == ()


@pytest.mark.parametrize(
    ("fields", "quality", "said"),
    [
        ({"dataset": "diabetes"}, ACCURACY, "allowed is validation_loss: mlp on diabetes gives values, which have no"),
        ({"network": "autoencoder"}, ACCURACY, "allowed is validation_loss: autoencoder on digits gives values"),
        ({"train_fraction": 1.0}, LOSS, "allowed is nothing: digits leaves no example for validation here"),
    ],
)
def test_a_quality_that_nothing_can_reach_is_refused_in_one_sentence(fields: dict, quality: Quality, said: str) -> None:
    with pytest.raises(ConfigError, match=f'metric: "{quality.metric}" was given; {said}'):
        questions.plan("comparison", RunConfig.build(fields), quantity="time_to_quality", quality=quality)


def test_a_ladder_of_one_framework_stands_on_its_floor_too() -> None:
    for side, rungs in (("torch", 2), ("tensorflow", 6)):
        plan = questions.plan("ladder", RunConfig.build({"policy": "defaults", "frameworks": [side]}))
        assert {case.framework for case in plan.cases} == {side}
        assert len(plan.cases) == rungs
        assert is_ladder(plan)
    assert not is_ladder(questions.plan("comparison", OWN))
