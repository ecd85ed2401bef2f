"""The claims and the sheet: what they rest on is there, and what they say follows from what was measured."""

import re
from datetime import date

import pytest

from engine import benchmark, published
from engine.charts.claim_words import dated
from engine.claims.answers import answer
from engine.claims.catalogue import BY_NAME, CLAIMS, TOPICS, VERDICTS, Claim
from engine.claims.evidence import Counted, Fact, Planted, Ran, Timed, Trained
from engine.claims.which_one import TARGETS, Needs, considered, summary
from engine.config import RunConfig
from engine.mistakes.catalogue import BY_NAME as MISTAKES
from engine.mistakes.catalogue import EXECUTIONS
from engine.mistakes.results import Request
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


# The sheet


def by_title(store: Store, needs: Needs) -> dict:
    return {one.title: one for one in considered(store, needs)}


def test_with_nothing_measured_the_sheet_says_so(store: Store) -> None:
    found = considered(store, Needs("mlp", budget=0.001))
    assert {one.title for one in found if one.leans == "unknown"} >= {"Training speed", "Latency", "Quality"}
    assert "Nothing is known here of training speed, latency, quality and your team." in summary(found)


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
    assert found["Your team"].leans == {"neither": "unknown", "both": "either"}.get(team, team)
