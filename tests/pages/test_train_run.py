"""The Train page without a browser: a run on it, the recent ones, and trouble; nothing is trained."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import control, events
from engine.fairness.certificate import Certificate, Control
from engine.fairness.controls import CONTROLS
from engine.runs import Store, StoreError
from tests import stories
from tests.pages.conftest import Launcher, address, button, opened, press, running, texts_of_progress
from ui import certificate_view


def enabled(page: AppTest) -> set[str]:
    return {label for label in ("Pause", "Step", "Resume", "Stop", "Run again") if not button(page, label).disabled}


# A run


@pytest.mark.parametrize("run", ["../../etc/passwd", "..", "nothing", "20200101-000000-mlp-abcdef", "x" * 5000])
def test_an_unknown_run_is_one_sentence_and_a_way_back(page: AppTest, run: str) -> None:
    opened(page, run=run)
    assert len(page.warning) == 1
    assert "There is no run" in page.warning[0].value
    press(page, "Back to the start")
    assert any("Press Train" in text.value for text in page.markdown)
    assert address(page) == {}


def test_a_queued_run_says_how_many_come_first(page: AppTest, store: Store) -> None:
    run = stories.new_run(store)
    (store.root / run).rename(store.root / "20200101-000000-mlp-000000")
    opened(page, run=stories.new_run(store))
    assert enabled(page) == {"Pause", "Stop", "Run again"}
    assert texts_of_progress(page) == ["Queued behind 1 run"] * 2


def test_warming_up_has_words_per_side(page: AppTest, store: Store) -> None:
    run = stories.new_run(store)
    stories.launch(store, run, "torch")
    stories.launch(store, run, "tensorflow")
    stories.tell(store, run, "torch", [stories.started()])
    opened(page, run=run)
    assert texts_of_progress(page) == ["Building and compiling…", "Loading TensorFlow…"]


def test_a_running_run_can_be_paused_stepped_resumed_and_stopped(page: AppTest, store: Store) -> None:
    run = running(store)
    opened(page, run=run)
    assert enabled(page) == {"Pause", "Stop", "Run again"}
    assert texts_of_progress(page)[0].startswith("3 of 6 steps")
    press(page, "Pause")
    assert control.read(store.folder(run)).paused
    for side in ("torch", "tensorflow"):
        stories.tell(store, run, side, [events.Paused(3, 101.0)])
    page.run()
    assert enabled(page) == {"Step", "Resume", "Stop", "Run again"}
    press(page, "Step")
    assert control.read(store.folder(run)).step_target == 4
    press(page, "Resume")
    assert control.read(store.folder(run)) == control.FREE


def test_a_stopped_run_can_be_resumed(page: AppTest, store: Store) -> None:
    run = running(store)
    press(opened(page, run=run), "Stop")
    assert enabled(page) == {"Run again"}
    for side in ("torch", "tensorflow"):
        stories.tell(store, run, side, [events.Stopped(3, 101.0)])
    page.run()
    assert enabled(page) == {"Resume", "Run again"}
    press(page, "Resume")
    assert {status.word for status in store.status(run).values()} == {"queued"}
    assert enabled(page) == {"Pause", "Stop", "Run again"}


def test_run_again_trains_the_same_config(page: AppTest, store: Store) -> None:
    run = stories.finished_run(store, seed=5)
    press(opened(page, run=run), "Run again")
    assert len(store.runs()) == 2
    (other,) = set(store.runs()) - {run}
    assert store.config(other) == store.config(run)
    assert address(page) == {"run": other}


def test_a_finished_run_has_a_result(page: AppTest, store: Store) -> None:
    opened(page, run=stories.finished_run(store, shift=1e-7))
    assert any("The losses agree to 2e-7 relative over 6 steps." in text.value for text in page.markdown)
    assert page.table[0].value.loc["Validation accuracy", "TensorFlow"] == "97.2 %"
    assert page.table[1].value.loc["Training loss, largest", "Difference"] == "1e-7"
    assert len(page.table) == 2
    assert any("no measure of either alone" in caption.value for caption in page.caption)
    assert enabled(page) == {"Run again"}


def test_what_is_not_open_is_not_drawn(page: AppTest, store: Store) -> None:
    opened(page, run=stories.finished_run(store))
    assert not page.code
    page.session_state["configuration"] = True
    page.run()
    assert "python -m engine train" in page.code[0].value
    assert '"network": "mlp"' in page.code[1].value


def test_to_stop_is_no_warning_and_two_troubles_are_one(page: AppTest, store: Store) -> None:
    run = running(store)
    stories.tell(store, run, "torch", [events.Stopped(3, 101.0)])
    stories.tell(store, run, "tensorflow", [events.Stopped(3, 101.0)])
    opened(page, run=run)
    assert not page.warning
    assert any("PyTorch was stopped after 3 of 6 steps." in text.value for text in page.markdown)
    run = running(store)
    for side in ("torch", "tensorflow"):
        stories.tell(store, run, side, [events.Failed("It broke.", 101.0)])
    opened(page, run=run)
    assert len(page.warning) == 1
    assert "PyTorch failed" in page.warning[0].value
    assert "TensorFlow failed" in page.warning[0].value


def test_a_finished_run_has_a_certificate_whose_controls_are_behind_it(page: AppTest, store: Store) -> None:
    opened(page, run=stories.finished_run(store, concurrency="in_turn"))
    told = [text.value for text in page.markdown if "recorded no evidence of a first step" in text.value]
    assert ["**Curves**: not checked" in told[0], "**Speed**: not checked" in told[1]] == [True, True]
    assert any(expander.label == f"{len(CONTROLS)} controls: {len(CONTROLS)} not checked" for expander in page.expander)
    assert len(page.table) == 2  # the result and the difference; the controls are not drawn before somebody opens them


def test_a_failed_control_changes_the_words_of_the_result(
    page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Control("Threads", ("curves", "speed"), "fail", "PyTorch computes with 2 threads where 1 should be")
    run = stories.finished_run(store, shift=1e-7, concurrency="in_turn")
    monkeypatch.setattr(certificate_view, "certificate", lambda *_: Certificate(run, (failed,), {}))
    opened(page, run=run)
    texts = [text.value for text in (*page.markdown, *page.caption)]
    words = "not comparable, because PyTorch computes with 2 threads where 1 should be"
    for sentence in (f"the curves are {words}.", f"The speeds are {words}.", f"**Curves**: {words}."):
        assert any(sentence in text for text in texts), sentence
    assert not any("agree" in text for text in texts)
    assert "Steps per second (not comparable)" in page.table[0].value.index


def test_a_diverged_side_is_named(page: AppTest, store: Store) -> None:
    run = stories.new_run(store, frameworks=["torch"])
    stories.launch(store, run, "torch")
    stories.tell(store, run, "torch", [stories.started(), events.Steps(0, (None,), 0.1), events.Diverged(0, 1.0)])
    opened(page, run=run)
    assert "PyTorch diverged. The loss was not finite at step 0." in page.warning[0].value


# Recent runs


def offered(page: AppTest) -> list[str]:
    return page.menu_button("recent").options


def test_without_a_run_none_is_offered(page: AppTest) -> None:
    opened(page)
    assert page.menu_button("recent").proto.disabled


def test_the_last_ten_runs_are_offered_newest_first(page: AppTest, store: Store) -> None:
    made = [stories.new_run(store) for _ in range(12)]
    for number, run in enumerate(made):
        (store.root / run).rename(store.root / f"20200520-1841{number:02d}-mlp-00000{number % 10}")
    opened(page)
    assert offered(page)[0] == "mlp · digits · Queued · 20 May 2020, 18:41:11"
    assert len(offered(page)) == 10


@pytest.mark.parametrize("live", [False, True])
def test_a_recent_run_is_opened(page: AppTest, store: Store, live: bool) -> None:
    finished = stories.finished_run(store, seed=5)
    opened(page, **({"run": running(store)} if live else {}))
    page.menu_button("recent").click(finished).run()
    assert not page.exception
    assert address(page) == {"run": finished}
    assert any(f"run {finished}" in text.value for text in page.markdown)


def test_runs_in_equal_words_are_told_apart(page: AppTest, store: Store) -> None:
    for letters in ("aaaaaa", "bbbbbb"):
        (store.root / stories.new_run(store)).rename(store.root / f"20200520-184100-mlp-{letters}")
    opened(page)
    words = "mlp · digits · Queued · 20 May 2020, 18:41:00"
    assert offered(page) == [words, f"{words} · aaaaaa"]


def test_a_damaged_run_is_offered_and_says_why(page: AppTest, store: Store) -> None:
    run = stories.new_run(store)
    (store.root / run / "config.json").write_text("{")
    opened(page)
    assert offered(page) == [f"{run} · Cannot be read"]
    page.menu_button("recent").click(run).run()
    assert "cannot be read" in page.warning[0].value


# Trouble


def test_a_second_dashboard_looks_on(page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Launcher, "leads", False)
    opened(page, run=running(store))
    assert "process 7 on elsewhere" in page.info[0].value
    assert enabled(page) == set()
    assert button(page, "Train").disabled


def test_the_launcher_s_trouble_is_shown(page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Launcher, "trouble", "The disk is full.")
    opened(page)
    assert [warning.value for warning in page.warning] == ["The disk is full."]
    opened(page, run=running(store))
    assert [warning.value for warning in page.warning] == ["The disk is full."]


@pytest.mark.parametrize("label", ["Train", "Run again"])
def test_a_store_that_cannot_be_written_is_a_sentence(
    page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    opened(page, run=stories.finished_run(store))
    monkeypatch.setattr(Launcher, "refusal", "The run could not be written.")
    press(page, label)
    assert [error.value for error in page.error] == ["The run could not be written."]


def test_a_store_that_cannot_be_used_is_a_sentence(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Launcher) -> None:
        raise StoreError("The store cannot be used.")

    monkeypatch.setattr(Launcher, "open", fail)
    opened(page)
    assert [error.value for error in page.error] == ["The store cannot be used."]


def test_a_run_that_cannot_be_read_can_be_stopped(page: AppTest, store: Store) -> None:
    run = running(store)
    (store.folder(run) / "config.json").write_text("{")
    opened(page, run=run)
    assert "config.json is damaged" in page.warning[0].value
    press(page, "Stop")
    assert control.read(store.folder(run)).stop


@pytest.mark.parametrize("label", ["Its code", "Its graphs", "Deploy it"])
def test_a_finished_run_leads_to_pages_about_it(page: AppTest, store: Store, label: str) -> None:
    run = stories.finished_run(store)
    links = {link.proto.label: link.proto.query_string for link in opened(page, run=run).get("page_link")}
    assert links[label] == f"run={run}"
