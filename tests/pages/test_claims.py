"""The pages Claims and Which one? without a browser; nothing is measured."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.bench import benchmark
from engine.claims.catalogue import CLAIMS, VERDICTS
from engine.config import RunConfig
from engine.runs import Store
from engine.system import HOST
from tests import benchmark_stories as told
from tests import export_stories, stories
from tests.pages.conftest import MAIN, RUN_SECONDS
from ui import server
from ui.claims_view import PAGES


@pytest.fixture
def page(store: Store, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setitem(told.MACHINE, "host", HOST)
    page = AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS)
    page.run()  # a test begins on the first page
    return page


def opened(page: AppTest, name: str, **params: str) -> AppTest:
    page.switch_page(f"../pages/{name}.py")
    for key, value in params.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def texts(page: AppTest) -> str:
    return " ".join(part.value for kind in (page.markdown, page.info, page.warning) for part in kind)


def test_every_claim_is_shown_with_its_verdict(page: AppTest) -> None:
    shown = texts(opened(page, "claims"))
    assert [claim.name for claim in CLAIMS if claim.said not in shown] == []
    assert all(word in shown for word in VERDICTS.values())


def test_the_pages_that_a_claim_names_are_there() -> None:
    assert {page for claim in CLAIMS for page in claim.see} <= set(PAGES)


def test_a_verdict_is_looked_for(page: AppTest) -> None:
    opened(page, "claims")
    page.button_group(key="claims-verdicts").set_value(["no_longer"]).run()
    shown = texts(page)
    for claim in CLAIMS:
        assert (claim.said in shown) == (claim.verdict == "no_longer")


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.measurements], ids=lambda claim: claim.name)
def test_a_claim_opens_with_its_measurements(page: AppTest, claim) -> None:
    opened(page, "claims")
    page.button(key=f"{claim.name}-open").click().run()
    assert not page.exception
    assert page.query_params["claim"] == claim.name
    labels = [one.label for one in page.button] + [texts(page)]
    assert all(any(one.does in label for label in labels) for one in claim.measurements)


def test_a_benchmark_is_queued_and_its_answer_shown(page: AppTest, store: Store) -> None:
    opened(page, "claims", claim="xla_and_amp")
    page.button(key="xla_and_amp-0-begin").click().run()
    (name,) = benchmark.benchmarks(store)
    assert len(server.launcher().asked) == 1  # who is thereby woken
    assert "Queued." in texts(page)
    plan = benchmark.load(store, name)
    told.tell(store, name, [*told.lines(plan, (2e-4, 4e-4), 8), told.ended()])
    assert "2.00" in texts(page.run())


def test_an_unknown_claim_is_a_sentence(page: AppTest) -> None:
    assert "There is no claim 'nonsense'." in texts(opened(page, "claims", claim="nonsense")).replace("\\", "")


def test_the_sheet_answers_from_what_was_measured(page: AppTest, store: Store) -> None:
    assert "Nothing is known here of training speed" in texts(opened(page, "which"))
    (found,) = [claim for claim in CLAIMS if claim.name == "xla_and_amp"]
    told.finished(store, found.measurements[0].plan(), (2e-4, 4e-4))
    assert "No training step of mlp was timed here in float32." in texts(page.run())
    told.finished(store, benchmark.comparison(RunConfig.build({"policy": "defaults"})), (2e-4, 4e-4))
    assert "PyTorch is ahead in training speed." in texts(page.run())


def test_the_sheet_shows_the_files_that_it_rests_on(page: AppTest, store: Store) -> None:
    run = stories.finished_run(store, network="mlp")
    opened(page, "which", target="browser")
    assert "No run of mlp was exported for that" in texts(page)
    for side in ("torch", "tensorflow"):
        export_stories.exported(store, run, side)
    page.run()
    assert page.dataframe[0].value["state"].tolist() == ["verified", "verified"]
    assert page.dataframe[0].value["p95, batch 32"].tolist() == [20.0, 20.0]
    assert f"run={run}" in [link.proto.query_string for link in page.get("page_link")]


def test_the_sheet_follows_its_link(page: AppTest) -> None:
    opened(page, "which", network="lenet", target="phone", team="torch")
    assert page.query_params["network"] == "lenet"
    assert "LiteRT" in texts(page)


def test_a_link_with_nonsense_asks_for_the_usual(page: AppTest) -> None:
    opened(page, "which", network="nonsense")
    assert page.query_params["network"] == "mlp"


@pytest.mark.parametrize(("given", "value"), [("2.5", 2.5), ("", None), ("-1", None), ("nan", None), ("1e999", None)])
def test_a_link_holds_the_latency_budget(page: AppTest, given: str, value: float | None) -> None:
    opened(page, "which", budget=given)
    (budget,) = page.number_input
    assert budget.value == value
    budget.set_value(4.0).run()
    assert page.query_params["budget"] == "4"
    page.number_input[0].set_value(None).run()
    assert "budget" not in page.query_params
