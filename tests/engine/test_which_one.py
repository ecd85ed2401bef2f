"""The sheet: what it says of a person's needs follows from what was measured."""

import pytest

from engine.bench import benchmark, published, questions
from engine.bench.plan import name_of
from engine.claims.destination import TARGETS
from engine.claims.sheet import Needs
from engine.claims.which_one import DEVICES, considered, summary
from engine.config import RunConfig
from engine.runs import Store
from engine.system import HOST
from tests import benchmark_stories as told

DEFAULTS = RunConfig.build({"policy": "defaults"})


@pytest.fixture
def store(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setitem(told.MACHINE, "host", HOST)
    return Store(tmp_path)


def by_title(store: Store, needs: Needs) -> dict:
    return {one.title: one for one in considered(store, needs)}


def test_with_nothing_measured_the_sheet_says_so(store: Store) -> None:
    found = considered(store, Needs("mlp", budget=0.001))
    assert {one.title for one in found if one.leans == "unknown"} >= {"Training speed", "Latency", "Quality"}
    assert "Nothing is known here of training speed, latency, quality, where it runs and your team." in summary(found)


def test_speed_leans_to_the_faster_on_this_machine(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    told.finished(store, benchmark.comparison(DEFAULTS), (4e-4, 2e-4))
    found = by_title(store, Needs("mlp"))["Training speed"]
    assert found.leans == "tensorflow"
    assert "2.00" in found.sentences[0]
    assert by_title(store, Needs("lenet"))["Training speed"].leans == "unknown"
    assert by_title(store, Needs("mlp", device="cuda"))["Training speed"].leans == "unknown"
    monkeypatch.setitem(told.MACHINE, "host", "a.neighbour")
    published._of_store.cache_clear()
    elsewhere = Store(store.root / "elsewhere")
    told.finished(elsewhere, benchmark.comparison(DEFAULTS), (4e-4, 2e-4))
    assert by_title(elsewhere, Needs("mlp"))["Training speed"].leans == "unknown"


def test_of_a_ladder_the_fastest_ways_speak_and_say_that_they_were_chosen(store: Store) -> None:
    plan = benchmark.ladder(DEFAULTS)
    fastest = [5e-5 if name_of(case) == "tensorflow.xla.many" else 2e-4 for case in plan.cases]
    told.finished(store, plan, fastest)
    found = by_title(store, Needs("mlp"))["Training speed"]
    assert found.leans == "tensorflow"
    assert found.sentences[0].startswith("TensorFlow XLA, many steps per call is 4.00 times")
    assert "holds for all 5 such pairs together" in found.sentences[1]


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ("cuda:0", {"cuda"}),
        ("cuda:1", {"cuda"}),
        ({"torch": "mps", "tensorflow": "cpu"}, {"mps"}),
        ({"torch": "cuda:0", "tensorflow": "cuda:1"}, set()),
        ({"torch": "cuda:0", "tensorflow": "cpu"}, set()),
    ],
)
def test_what_was_measured_on_a_gpu_is_found(store: Store, given: str | dict, fits: set[str]) -> None:
    config = RunConfig.build({"policy": "defaults", "device": given})
    told.finished(store, benchmark.comparison(config), (4e-4, 2e-4))
    told.finished(store, benchmark.latencies(config, [1, 32]), (2e-4, 5e-3, 2e-4, 5e-3))
    for device in DEVICES:
        found = by_title(store, Needs("mlp", device=device, budget=1e-3))
        alike = device in fits and device != "mps"  # a framework that has the GPU alone gives no verdict
        assert found["Training speed"].leans == ("tensorflow" if alike else "unknown")
        assert ("because the device is mps" in found["Training speed"].sentences[0]) == (fits == {device} == {"mps"})
        assert found["Latency"].leans != "unknown" or device not in fits
        apart = any("TensorFlow has no device mps" in sentence for sentence in found["Training speed"].sentences)
        assert apart == (device == "mps" and device in fits)


def test_only_the_usual_precision_speaks_for_a_framework(store: Store) -> None:
    """TensorFlow is the faster in the others, and the fastest pair is of two precisions."""
    plan = questions.plan("precisions", DEFAULTS, values="float64,float32,mixed_bfloat16")
    told.finished(store, plan, (8e-4, 4e-4, 2e-4, 4e-4, 3e-4, 1e-4))
    found = by_title(store, Needs("mlp"))["Training speed"]
    assert found.leans == "torch"
    assert found.sentences[0].startswith("PyTorch eager, float32 is 2.00 times")
    told.finished(store, benchmark.comparison(DEFAULTS.model_copy(update={"precision": "float64"})), (8e-4, 4e-4))
    assert by_title(store, Needs("mlp"))["Training speed"] == found
    single = RunConfig.build({"policy": "defaults", "batch_size": 1})
    plan = questions.plan("precisions", single, quantity="inference", values="float32,float64")
    told.finished(store, plan, (2e-4, 5e-3, 5e-3, 2e-4))
    assert by_title(store, Needs("mlp", budget=1e-3))["Latency"].leans == "torch"


def test_of_several_devices_the_one_that_is_asked_for_speaks(store: Store) -> None:
    told.finished(store, questions.plan("devices", DEFAULTS), (2e-4, 4e-4, 2e-4, 1e-4))
    for device, leans in (("cpu", "torch"), ("cuda", "tensorflow"), ("mps", "unknown")):
        assert by_title(store, Needs("mlp", device=device))["Training speed"].leans == leans


def test_pairs_of_two_sizes_speak_for_nothing(store: Store) -> None:
    plan = benchmark.scaling(DEFAULTS, "batch_size", [16, 64])
    name = benchmark.create(store, plan)
    lines = told.lines(plan, (2e-4, 4e-4, 2e-4, 1e-4))
    told.tell(store, name, [line for line in lines if line.get("case") not in (1, 2)] + [told.ended()])
    assert by_title(store, Needs("mlp"))["Training speed"].leans == "unknown"


def test_no_difference_leans_to_either(store: Store) -> None:
    told.finished(store, benchmark.comparison(DEFAULTS), (2e-4, 2e-4))
    assert by_title(store, Needs("mlp"))["Training speed"].leans == "either"


@pytest.mark.parametrize(
    ("seconds", "leans"), [((2e-4, 2e-3), "torch"), ((2e-4, 2e-4), "either"), ((2e-2, 2e-2), "unknown")]
)
def test_latency_is_held_against_the_budget(store: Store, seconds: tuple[float, float], leans: str) -> None:
    told.finished(store, benchmark.latencies(DEFAULTS, [1, 32]), (*seconds, *seconds))
    assert by_title(store, Needs("mlp", budget=1e-3))["Latency"].leans == leans
    assert "Latency" not in by_title(store, Needs("mlp"))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("team", ["neither", "torch", "tensorflow", "both"])
def test_target_and_team_are_answered(store: Store, target: str, team: str) -> None:
    found = by_title(store, Needs("mlp", target=target, team=team))
    assert found["Where it runs"].sentences
    assert found["Your team"].leans == {"neither": "unknown", "both": "unknown"}.get(team, team)


def test_latency_on_a_busy_machine_or_within_its_spread_is_no_verdict(store: Store) -> None:
    plan = benchmark.latencies(DEFAULTS, [1, 32])
    told.finished(store, plan, (9e-4, 9.5e-4, 9e-4, 9.5e-4))  # p95 is 1.18 times the step of the story
    found = by_title(store, Needs("mlp", budget=1.09e-3))["Latency"]
    assert (found.leans, "within that spread" in found.sentences[-1]) == ("unknown", True)
    busy = Store(store.root / "busy")
    busy.root.mkdir()
    name = benchmark.create(busy, plan)
    lines = told.lines(plan, (2e-4, 2e-3, 2e-4, 2e-3))
    told.tell(busy, name, [line | {"others_share": 0.4} if line["type"] == "state" else line for line in lines])
    told.tell(busy, name, [told.ended()])
    found = by_title(busy, Needs("mlp", budget=1e-3))["Latency"]
    assert (found.leans, "Other programs had up to 40%" in found.sentences[-1]) == ("unknown", True)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("team", ["neither", "both"])
def test_an_empty_store_speaks_for_nothing(store: Store, target: str, team: str) -> None:
    assert {one.leans for one in considered(store, Needs("mlp", target=target, team=team, budget=1e-3))} == {"unknown"}
