"""The claims and the sheet: what they rest on is there, and what they say follows from what was measured."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from engine.bench import benchmark, published
from engine.charts.claim_words import dated
from engine.claims import destination
from engine.claims.answers import answer
from engine.claims.catalogue import BY_NAME, CLAIMS, TOPICS, TRANSFORMERS, VERDICTS, Claim
from engine.claims.destination import TARGETS
from engine.claims.evidence import Branched, Counted, Exported, Fact, Placed, Planted, Ran, Timed, Trained
from engine.claims.sheet import Consideration, Needs
from engine.claims.which_one import DEVICES, considered, summary
from engine.config import RunConfig
from engine.exports.catalogue import FORMATS
from engine.graphs import branches
from engine.graphs.ways import WAYS
from engine.mistakes.catalogue import BY_NAME as MISTAKES
from engine.mistakes.catalogue import EXECUTIONS
from engine.mistakes.results import Request
from engine.pipelines import placement
from engine.runs import Store
from engine.system import HOST
from tests import benchmark_stories as told
from tests import export_stories, mistake_stories, phrase_stories, stories

FACTS = list(dict.fromkeys(fact for claim in CLAIMS for fact in claim.facts))
DEFAULTS = RunConfig.build({"policy": "defaults"})


@pytest.fixture
def store(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setitem(told.MACHINE, "host", HOST)
    return Store(tmp_path)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_claim_has_a_verdict_and_rests_on_something(claim: Claim) -> None:
    assert claim.topic in TOPICS
    assert claim.verdict in VERDICTS
    assert claim.measurements or claim.facts
    assert len(claim.why) > 40


def test_no_two_claims_share_a_name() -> None:
    assert len(BY_NAME) == len(CLAIMS)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.on + fact.source[-20:])
def test_a_fact_has_a_past_date_and_a_source(fact: Fact) -> None:
    assert re.fullmatch(r"20[12]\d-[01]\d(-[0-3]\d)?", fact.on)
    assert (fact.on + "-01")[:10] <= date.today().isoformat()
    assert fact.source.startswith("https://")


@pytest.mark.parametrize(("on", "words"), [("2024-09-04", "4 September 2024"), ("2024-10", "October 2024")])
def test_a_date_in_words(on: str, words: str) -> None:
    assert dated(on) == words


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.measurements], ids=lambda claim: claim.name)
def test_every_measurement_can_be_asked_for(claim: Claim, store: Store) -> None:
    for one in claim.measurements:
        match one:
            case Timed():
                plan = one.plan()
                assert {case.framework for case in plan.cases} == {"torch", "tensorflow"}
            case Trained():
                assert one.config().frameworks == ("torch", "tensorflow")
            case Planted():
                assert one.mistake in MISTAKES
                assert one.execution in EXECUTIONS
        known = answer(store, one)
        assert (known is not None) == isinstance(one, Counted)


# Answers


def test_the_newest_benchmark_of_the_same_plan_answers(store: Store) -> None:
    asked = Timed("Time it", lambda: benchmark.comparison(DEFAULTS))
    told.finished(store, benchmark.comparison(DEFAULTS, quantity="inference"), (2e-4, 2e-4))
    assert answer(store, asked) is None
    name = told.finished(store, asked.plan(), (2e-4, 4e-4))
    found = answer(store, asked)
    assert found is not None
    assert found.params == {"benchmark": name}
    assert "PyTorch eager is 2.00" in found.sentences[0]


def test_a_benchmark_that_waits_is_under_way(store: Store) -> None:
    asked = Timed("Time it", lambda: benchmark.comparison(DEFAULTS))
    benchmark.create(store, asked.plan())
    found = answer(store, asked)
    assert found is not None
    assert found.under_way


def test_a_run_of_the_same_config_answers(store: Store) -> None:
    run = stories.finished_run(store)
    config = store.config(run)
    found = answer(store, Trained("Train it", lambda: config))
    assert found is not None
    assert found.params == {"run": run}
    assert found.sentences[0].startswith("PyTorch: finished after ")
    assert "differ by at most" in found.sentences[-1]
    other = config.model_copy(update={"seed": 7})
    assert answer(store, Trained("Train it", lambda: other)) is None


def test_a_mistake_that_was_made_answers_with_the_messages(store: Store) -> None:
    request = Request("shape_mismatch", "eager")
    mistake_stories.write(store, request, torch=mistake_stories.raised("shape_mismatch_torch.py", 3))
    found = answer(store, Planted("Make it", "shape_mismatch", "eager"))
    assert found is not None
    assert found.sentences[0].startswith("PyTorch raised RuntimeError: ")
    assert found.sentences[1] == "TensorFlow said nothing."


def test_phrases_that_ran_are_counted(store: Store) -> None:
    phrase_stories.write(store)
    found = answer(store, Ran("Run them"))
    assert found is not None
    assert re.match(r"\d+ tasks ran in both; \d+ returned the same", found.sentences[0])


def written(folder: Path, way: dict, other: dict) -> None:
    """Every way came out so on both sides, but one on PyTorch's."""
    names = [one.name for one in (WAYS if "printed" in way else placement.WAYS)]
    folder.mkdir(parents=True)
    (folder / "request.json").write_text("{}")
    for side in ("torch", "tensorflow"):
        ways = dict.fromkeys(names, way) | ({names[-1]: other} if side == "torch" else {})
        (folder / f"{side}.json").write_text(json.dumps({"version": "9", "ways": ways}))


def test_a_branch_that_ran_answers_with_what_each_way_did(store: Store) -> None:
    outcome = {"printed": "p", "kind": "", "message": ""}
    written(branches.Request().folder(store), outcome, outcome | {"kind": "UserError"})
    found = answer(store, Branched("Run it"))
    assert found is not None
    assert (found.page, found.params) == ("graphs", {"part": "branches"})
    assert found.sentences[0].startswith("PyTorch ran it: Eager; Compiled; ")
    assert found.sentences[1] == f"PyTorch raised an error for it: {WAYS[-1].title}."
    assert len(found.sentences) == 3


def test_tensors_that_were_placed_answer_with_where_they_are(store: Store) -> None:
    outcome = {"devices": {"x": "cpu", "y": "cpu"}, "raised": ""}
    written(placement.Request().folder(store), outcome, {"devices": {}, "raised": "RuntimeError: no such device"})
    found = answer(store, Placed("Place them"))
    assert found is not None
    assert (found.page, found.params) == ("pipelines", {"topic": "devices"})
    assert found.sentences[0] == "Say nothing: PyTorch had them on cpu, TensorFlow had them on cpu."
    assert found.sentences[-1].endswith("PyTorch raised RuntimeError, TensorFlow had them on cpu.")


# What bears on a verdict


@pytest.mark.parametrize("name", ["dynamic_or_eager", "static_to_eager"])
def test_what_is_said_of_graphs_is_not_checked_by_speed(name: str) -> None:
    assert BY_NAME[name].measurements
    assert not any(isinstance(one, Timed) for one in BY_NAME[name].measurements)


@pytest.mark.parametrize("name", ["community_size", "bigger_because_first"])
def test_what_is_said_of_communities_rests_on_counts(name: str) -> None:
    assert TRANSFORMERS not in BY_NAME[name].facts
    assert sum(" %" in fact.sentence for fact in BY_NAME[name].facts) >= 2
    assert BY_NAME[name].verdict == "depends"


@pytest.mark.parametrize(("name", "kind"), [("integrations", Exported), ("device_control", Placed), ("tpu", None)])
def test_a_card_of_its_own(name: str, kind: type | None) -> None:
    claim = BY_NAME[name]
    assert [type(one) for one in claim.measurements] == ([kind] if kind else [])
    assert claim.facts or kind is not None


# The sheet


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
    fastest = [5e-5 if benchmark.name_of(case) == "tensorflow.xla.many" else 2e-4 for case in plan.cases]
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


# Where it runs


EXPORTED = [name for name, target in TARGETS.items() if target.formats]


def where(store: Store, **needs: object) -> Consideration:
    return by_title(store, Needs("mlp", **needs))["Where it runs"]


def exported(store: Store, **sides: dict) -> str:
    """A finished run; each side exported to ONNX as told, where it is named."""
    run = stories.finished_run(store, network="mlp")
    for side, fields in sides.items():
        export_stories.exported(store, run, side, **fields)
    return run


def late(seconds: float, half: float = 0.0) -> dict:
    """Times of a file; p50 is half of p95 where it is not told."""
    return {"latency": {batch: {"p50": half or seconds / 2, "p95": seconds, "calls": 9} for batch in ("1", "32")}}


def test_every_format_of_a_target_is_there() -> None:
    assert {name for target in TARGETS.values() for name in target.formats} <= set(FORMATS)


@pytest.mark.parametrize("target", EXPORTED)
def test_where_nothing_was_exported_it_cannot_say_and_leads_to_the_run(store: Store, target: str) -> None:
    assert (where(store, target=target).leans, where(store, target=target).params) == ("unknown", {})
    run = exported(store)
    stories.finished_run(store, network="lenet")
    found = where(store, target=target)
    assert (found.leans, found.page, found.params) == ("unknown", "deploy", {"run": run})
    assert "No run of mlp was exported" in found.sentences[1]
    assert found.files == ()


@pytest.mark.parametrize("target", EXPORTED)
def test_verified_files_of_both_speak_for_either(store: Store, target: str) -> None:
    run = exported(store, torch={}, tensorflow={})
    found = where(store, target=target)
    assert (found.leans, found.params) == ("either", {"run": run})
    assert [(one.side, one.format.name) for one in found.files] == [("torch", "onnx"), ("tensorflow", "onnx")]
    assert "PyTorch: 1 of 1 file verified." in found.sentences
    assert run in found.sentences[-1]


def test_one_side_alone_decides_nothing(store: Store) -> None:
    exported(store, torch={})
    found = where(store, target="browser")
    assert found.leans == "unknown"
    assert "TensorFlow: nothing was exported for that; Deploy does it." in found.sentences


@pytest.mark.parametrize("other", [{"difference": 0.5}, {"message": "ValueError: no such operation"}])
def test_a_side_whose_file_is_not_verified_falls_behind(store: Store, other: dict) -> None:
    exported(store, torch=other, tensorflow={})
    found = where(store, target="phone")
    assert found.leans == "tensorflow"
    assert "PyTorch: 0 of 1 file verified." in found.sentences
    assert ("PyTorch, ONNX: ValueError: no such operation" in found.sentences) == ("message" in other)


@pytest.mark.parametrize(("target", "leans"), [("server", "torch"), ("cpp", "torch"), ("phone", "either")])
def test_the_budget_is_held_only_against_times_that_mean_something_there(store: Store, target: str, leans: str) -> None:
    exported(store, torch=late(5e-4), tensorflow=late(2e-3))
    found = where(store, target=target, budget=1e-3)
    assert found.leans == leans
    told = " ".join(found.sentences)
    assert ("PyTorch, ONNX: 95 % of answers within 500 µs, within 1" in told) == (target != "phone")
    assert ("has to be measured there" in told) == (target == "phone")
    assert "has to be measured there" in " ".join(where(store, target=target, device="cuda", budget=1e-3).sentences)


def test_a_run_of_both_sides_counts_first_and_files_from_elsewhere_never(store: Store) -> None:
    both = exported(store, torch={}, tensorflow={})
    exported(store, torch={})
    exported(store, torch={"host": "elsewhere"}, tensorflow={"host": "elsewhere"})
    assert where(store).params == {"run": both}


def test_a_damaged_file_is_passed_over(store: Store) -> None:
    run = exported(store, torch={}, tensorflow={})
    (store.folder(run) / "exports/torch-onnx/result.json").write_text("{")
    assert where(store).leans == "unknown"


def test_on_this_machine_counts_what_both_have_trained_here(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert where(store, target="here").leans == "unknown"
    stories.finished_run(store, network="lenet")
    stories.finished_run(store, network="mlp", frameworks=["torch"])
    found = where(store, target="here")
    assert (found.leans, found.page, found.params) == ("unknown", "train", {"network": "mlp"})
    run = stories.finished_run(store, network="mlp")
    found = where(store, target="here")
    assert (found.leans, found.params) == ("either", {"run": run})
    monkeypatch.setattr(destination, "HOST", "a.neighbour")
    assert where(store, target="here").leans == "unknown"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("team", ["neither", "both"])
def test_an_empty_store_speaks_for_nothing(store: Store, target: str, team: str) -> None:
    assert {one.leans for one in considered(store, Needs("mlp", target=target, team=team, budget=1e-3))} == {"unknown"}


# Like files


def test_a_format_that_one_side_alone_has_is_not_weighed(store: Store) -> None:
    """TensorFlow's LiteRT, and its weights of 8 bits, against PyTorch's ONNX in float32."""
    run = exported(store, torch=late(5e-5, 2.6e-5), tensorflow=late(4.8e-5, 2.6e-5))
    for name in ("litert", "litert_int8"):
        export_stories.exported(store, run, "tensorflow", name, **late(1.1e-5))
    found = where(store, target="cpp", budget=2e-5)
    assert found.leans == "unknown"
    assert "Compared are files in float32: PyTorch's ONNX with TensorFlow's ONNX." in found.sentences
    assert "Neither keeps the budget." in found.sentences


def test_files_that_compute_the_same_are_weighed_where_no_format_is_of_both(store: Store) -> None:
    run = exported(store, torch=late(5e-4))
    export_stories.exported(store, run, "tensorflow", "saved_model", **late(2e-3))
    found = where(store, target="server", budget=1e-3)
    assert found.leans == "torch"
    assert "Compared are files in float32: PyTorch's ONNX with TensorFlow's SavedModel." in found.sentences


def test_rounded_files_are_never_weighed_against_whole_ones(store: Store) -> None:
    run = exported(store, torch=late(5e-4))
    export_stories.exported(store, run, "tensorflow", "onnx_int8", **late(1e-4))
    for budget in (None, 3e-4):
        found = where(store, target="server", budget=budget)
        assert found.leans == "unknown"
        assert "no file of one side computes the same" in " ".join(found.sentences)


def test_rounded_files_of_both_count_where_the_whole_ones_miss_the_budget(store: Store) -> None:
    run = exported(store, torch=late(5e-3), tensorflow=late(5e-3))
    for side in ("torch", "tensorflow"):
        export_stories.exported(store, run, side, "onnx_int8", **late(5e-4))
    found = where(store, target="server", budget=1e-3)
    assert found.leans == "either"
    assert sum(sentence.startswith("Compared are files") for sentence in found.sentences) == 2


@pytest.mark.parametrize(
    ("slower", "words"),
    [
        (late(1.2e-3, 4e-4), "From p50 to p95 they take 250 µs to 500 µs and 400 µs to 1"),
        (late(2e-3) | {"others_share": 0.3}, "Other programs had up to 30% of the processor"),
        (late(2e-3) | {"others_share": None}, "How busy the machine was is not known"),
    ],
)
def test_a_difference_that_may_be_chance_is_no_verdict(store: Store, slower: dict, words: str) -> None:
    exported(store, torch=late(5e-4), tensorflow=slower)
    found = where(store, budget=1e-3)
    assert found.leans == "unknown"
    assert words in " ".join(found.sentences)


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
