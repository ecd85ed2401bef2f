"""The Seeds and the Defaults view on the Train page, without a browser: nothing is trained."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import control
from engine.config import RunConfig
from engine.experiments import experiment
from engine.fairness.defaults import matchable
from engine.runs import Store
from tests import stories
from tests.pages.conftest import RUN_SECONDS, Launcher, button, named, opened, press

TABS = (":material/casino: Seeds", ":material/tune: Defaults")


def on(page: AppTest, tab: str, run: str) -> AppTest:
    """The page of a run with one of its tabs open."""
    page.session_state["closer"] = next(label for label in TABS if label.endswith(tab))
    return opened(page, run=run)


def texts(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.warning, *page.info))


def accuracies(seed: int, same: bool) -> tuple[float, float]:
    """Of both sides; no two seeds are exactly as far apart, or nobody could tell anything."""
    return 0.90, 0.90 if same else 0.92 + 1e-6 * seed


def finish(store: Store, found: experiment.Experiment, count: int) -> None:
    for member in found.members[:count]:
        stories.finish(store, member.run, accuracies(member.seed, same=member.flip == "all"))


def test_nothing_is_drawn_before_a_tab_is_opened(page: AppTest, store: Store) -> None:
    opened(page, run=stories.finished_run(store))
    assert "seeds" not in texts(page)
    assert not [widget for widget in page.number_input if widget.label == "Seeds"]


def test_seeds_are_queued_and_found_again(page: AppTest, store: Store) -> None:
    run = stories.finished_run(store, seed=3)
    on(page, "Seeds", run)
    named(page.number_input, "Seeds").set_value(3).run()
    press(page, "Train 3 runs")
    (name,) = experiment.experiments(store)
    found = experiment.load(store, name)
    assert found.seeds == (3, 4, 5)
    assert button(page, "Stop all")
    finish(store, found, 3)
    page.run()
    assert "Validation accuracy: TensorFlow 2.0 points better [2.0, 2.0]" in texts(page)
    again = on(AppTest.from_file(page._script_path, default_timeout=RUN_SECONDS), "Seeds", run)
    assert "TensorFlow 2.0 points better" in texts(again)
    assert len(again.get("plotly_chart")) == 1


def test_all_runs_can_be_stopped(page: AppTest, store: Store) -> None:
    run = stories.finished_run(store)
    found = experiment.create(store, store.create, "seeds", store.config(run), 2)
    press(on(page, "Seeds", run), "Stop all")
    assert all(control.read(store.folder(member.run)).stop for member in found.members)


def test_an_experiment_can_be_forgotten(page: AppTest, store: Store) -> None:
    run = stories.finished_run(store)
    finish(store, experiment.create(store, store.create, "seeds", store.config(run), 2), 2)
    press(on(page, "Seeds", run), "Forget this experiment")
    assert experiment.experiments(store) == []
    assert len(store.runs()) == 3


@pytest.mark.parametrize("tab", ["Seeds", "Defaults"])
def test_one_framework_alone_cannot_be_compared(page: AppTest, store: Store, tab: str) -> None:
    on(page, tab, stories.finished_run(store, frameworks=["torch"]))
    assert "Train both sides first." in texts(page)


def test_each_default_is_shown_and_can_be_matched(page: AppTest, store: Store) -> None:
    run = stories.finished_run(store, network="lstm", policy="defaults")
    on(page, "Defaults", run)
    labels = {expander.label for expander in page.expander}
    assert {"The LSTM's second bias", "Optimizer epsilon", "Losses on logits (equal in every run)"} <= labels
    assert "learns at twice the rate" in texts(page)
    named(page.get("button_group"), "Matched").set_value(["epsilon", "lstm_bias"]).run()
    press(page, "Train with these matched")
    (other,) = set(store.runs()) - {run}
    assert store.config(other).matched_defaults == ("epsilon", "lstm_bias")
    assert other in page.query_params["run"]


def test_effects_come_with_their_intervals(page: AppTest, store: Store) -> None:
    run = stories.finished_run(store)
    config = store.config(run)
    on(page, "Defaults", run)
    named(page.number_input, "Seeds").set_value(2).run()
    press(page, f"Train {2 * (len(matchable(config)) + 2)} runs")
    found = experiment.load(store, experiment.experiments(store)[0])
    finish(store, found, 2)
    page.run()
    assert "cannot tell" in " ".join(page.table[-1].value.iloc[:, 1])
    finish_rest = found.members[2:]
    for member in finish_rest:
        stories.finish(store, member.run, accuracies(member.seed, same=member.flip == "all"))
    page.run()
    assert "2.0 points closer [−2.0, −2.0]" in page.table[-1].value.iloc[-1, 1]
    assert len(page.get("plotly_chart")) == 2


def test_a_page_that_looks_on_starts_nothing(page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Launcher, "leads", False)
    on(page, "Seeds", stories.finished_run(store))
    assert button(page, "Train 5 runs").disabled


def test_a_store_that_cannot_be_written_is_a_sentence(
    page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(page, "Seeds", stories.finished_run(store))
    monkeypatch.setattr(Launcher, "refusal", "The disk is full.")
    press(page, "Train 5 runs")
    assert any("The disk is full." in error.value for error in page.error)


def test_the_form_takes_flips(page: AppTest, store: Store) -> None:
    opened(page, policy="defaults", matched_defaults="epsilon")
    press(page, "Train")
    (run,) = store.runs()
    assert store.config(run) == RunConfig.build({"policy": "defaults", "matched_defaults": ["epsilon"]})
