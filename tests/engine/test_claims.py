"""The claims: what they rest on is there, and what was measured answers them."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from engine.bench import benchmark
from engine.charts.claim_words import dated
from engine.claims.answers import answer
from engine.claims.catalogue import BY_NAME, CLAIMS, TOPICS, TRANSFORMERS, VERDICTS, Claim
from engine.claims.evidence import Branched, Counted, Exported, Fact, Placed, Planted, Ran, Timed, Trained
from engine.config import RunConfig
from engine.graphs import branches
from engine.graphs.ways import WAYS
from engine.mistakes.catalogue import BY_NAME as MISTAKES
from engine.mistakes.catalogue import EXECUTIONS
from engine.mistakes.results import Request
from engine.pipelines import placement
from engine.runs import Store
from engine.system import HOST
from tests import benchmark_stories as told
from tests import mistake_stories, phrase_stories, stories

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
