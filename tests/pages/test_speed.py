"""The Speed page without a browser: its states, its answers and its files; nothing is measured."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine import system
from engine.bench import benchmark, published
from engine.bench.plan import Plan
from engine.config import RunConfig
from engine.fairness.certificate import Certificate, Control
from engine.runs import Store, StoreError
from tests import benchmark_stories as told
from tests import stories
from tests.pages.conftest import MAIN, RUN_SECONDS, address, button, named, opened, press
from ui import speed_recent

OWN = RunConfig.build({"policy": "defaults"})
PLAN = benchmark.comparison(OWN)
FASTER = "PyTorch eager is 2.00 times"


@pytest.fixture
def page(store: Store, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setitem(told.MACHINE, "host", system.HOST)
    page = AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS)
    page.run()  # a test begins on the first page
    page.switch_page("../pages/speed.py")
    return page


def texts(page: AppTest) -> str:
    kinds = (page.title, page.markdown, page.caption, page.warning, page.info, page.error, page.subheader)
    return " ".join(element.value for kind in kinds for element in kind)


def begun(store: Store, plan: Plan = PLAN, rounds: int = 2) -> str:
    name = benchmark.create(store, plan)
    if rounds:
        told.tell(store, name, told.lines(plan, [2e-4] * len(plan.cases), rounds))
    return name


def from_elsewhere(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    theirs = Store(tmp_path / "theirs")
    with monkeypatch.context() as patch:
        patch.setitem(told.MACHINE, "host", "a.neighbour")
        return published.of_store(theirs, told.finished(theirs, PLAN, (3e-4, 2e-4))).to_json().encode()


# States


def test_a_benchmark_waits_behind_runs_and_benchmarks(page: AppTest, store: Store) -> None:
    stories.new_run(store)
    _, last = sorted(begun(store, rounds=0) for _ in range(2))
    opened(page, benchmark=last)
    assert any("Queued behind 1 run and 1 benchmark" in bar.proto.text for bar in page.get("progress"))


def test_while_it_measures_only_progress_is_shown(page: AppTest, store: Store) -> None:
    opened(page, benchmark=begun(store, rounds=2))
    (bar,) = page.get("progress")
    assert "Round 2 of 8, about" in bar.proto.text
    assert bar.proto.value == 25
    assert not page.get("plotly_chart")


def test_stop_is_asked_once(page: AppTest, store: Store) -> None:
    name = begun(store)
    press(opened(page, benchmark=name), "Stop")
    assert (benchmark.folder(store, name) / "stop").exists()
    assert button(page, "Stopping…").disabled


def test_the_answer_comes_first(page: AppTest, store: Store) -> None:
    opened(page, benchmark=told.finished(store, PLAN, (2e-4, 4e-4)))
    answer = next(element.value for element in page.markdown if element.value.startswith("####"))
    assert FASTER in answer
    assert "n = 5" in answer
    assert "on this machine" in answer
    assert len(page.get("plotly_chart")) == 2
    numbers = page.table[0].value
    assert list(numbers) == ["PyTorch eager", "TensorFlow graph"]
    assert {"MAD", "n", "First step", "Peak memory"} < set(numbers.index)
    assert "Partial" not in texts(page)


def test_a_noisy_tie_cannot_be_told(page: AppTest, store: Store) -> None:
    opened(page, benchmark=told.finished(store, PLAN, (2e-4, 2.02e-4), wobble=0.2))
    assert "Cannot tell whether PyTorch eager or TensorFlow graph is faster" in texts(page)


def test_noise_is_said(page: AppTest, store: Store) -> None:
    name = benchmark.create(store, PLAN)
    lines = told.lines(PLAN, (2e-4, 4e-4))
    for line in lines:
        if line["type"] == "state":
            line |= {"others_share": 0.4, "swapped_bytes": 4096}
    told.tell(store, name, [*lines, told.ended()])
    opened(page, benchmark=name)
    assert "Other programs took up to 40% of the processor" in texts(page)
    assert "swapped memory" in texts(page)


def test_where_our_optimizer_runs_it_is_said_with_every_timing(page: AppTest, store: Store) -> None:
    plan = benchmark.comparison(RunConfig.build({"policy": "matched"}))
    opened(page, benchmark=told.finished(store, plan, (2e-4, 4e-4)))
    assert "TensorFlow runs an optimizer of ours" in texts(page)
    assert "TensorFlow graph with our optimizer" in page.table[0].value.columns
    assert "TensorFlow graph with our optimizer" in texts(page)


@pytest.mark.parametrize("word", ["stopped", "failed", "interrupted"])
def test_partial_results_are_marked(page: AppTest, store: Store, word: str) -> None:
    name = begun(store, rounds=3)
    told.tell(store, name, [told.ended(word, "The machine was needed." if word == "failed" else "")])
    opened(page, benchmark=name)
    (warning,) = (element.value for element in page.warning if "Partial" in element.value)
    assert "after 3 rounds" in warning
    assert ("The machine was needed" in warning) == (word == "failed")
    assert page.get("plotly_chart")


def test_what_ended_before_a_block_shows_no_numbers(page: AppTest, store: Store) -> None:
    name = begun(store, rounds=0)
    told.tell(store, name, [told.MACHINE, told.ended("failed", "TensorFlow could not be imported.")])
    opened(page, benchmark=name)
    assert "It failed before anything was timed. TensorFlow could not be imported." in texts(page)
    assert not page.table
    assert not page.get("plotly_chart")


def test_a_failed_control_takes_the_verdict_away(page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    name = told.finished(store, PLAN, (2e-4, 4e-4))
    found = published.of_store(store, name)
    control = Control("threads", ("speed",), "fail", "PyTorch used 2 threads and TensorFlow 1")
    judged = replace(
        found.found,
        certificate=Certificate(name, (control,), {}),
        pairs=(replace(found.found.pairs[0], word="", why=control.evidence),),
    )
    monkeypatch.setattr(speed_recent, "opened", lambda name: replace(found, found=judged))
    opened(page, benchmark=name)
    assert "No verdict on PyTorch eager and TensorFlow graph" in texts(page)
    assert "PyTorch used 2 threads and TensorFlow 1" in texts(page)
    assert FASTER not in texts(page)


def test_an_unknown_benchmark_has_a_way_back(page: AppTest) -> None:
    opened(page, benchmark="20260101-000000-mlp-000000")
    assert "There is no benchmark" in texts(page)
    press(page, "Back to the start")
    assert "benchmark" not in address(page)


@pytest.mark.parametrize("text", ["{", '{"type": "block", "round": 0, "case": 0}', "[]", '{"round": 1}'])
def test_a_damaged_benchmark_is_a_sentence(page: AppTest, store: Store, text: str) -> None:
    name = begun(store, rounds=0)
    (benchmark.folder(store, name) / "measurements.jsonl").write_text(f"{text}\n")
    opened(page, benchmark=name)
    assert "damaged" in texts(page)
    assert button(page, "Back to the start")


def test_measure_again_queues_the_same_plan(page: AppTest, store: Store) -> None:
    first = told.finished(store, PLAN, (2e-4, 4e-4))
    press(opened(page, benchmark=first), "Measure again")
    (second,) = set(benchmark.benchmarks(store)) - {first}
    assert benchmark.load(store, second) == PLAN
    assert address(page)["benchmark"] == second


# Files


def test_a_file_from_elsewhere_says_whose_it_is(
    page: AppTest, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = published.keep(store, from_elsewhere(store, tmp_path, monkeypatch))
    opened(page, benchmark=name)
    assert "Opened from a file that was measured on another machine, a.neighbour" in texts(page)
    assert "on its machine" in texts(page)
    assert "on this machine" not in texts(page)
    press(page, "Measure this here")
    assert benchmark.load(store, benchmark.benchmarks(store)[0]) == PLAN


def test_a_file_can_be_forgotten(page: AppTest, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(page, benchmark=published.keep(store, from_elsewhere(store, tmp_path, monkeypatch)))
    press(page, "Forget this file")
    assert published.kept(store) == []
    assert page.title[0].value == "Speed"


def test_two_machines_stand_side_by_side_without_a_verdict_between_them(
    page: AppTest, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = told.finished(store, PLAN, (2e-4, 4e-4))
    name = published.keep(store, from_elsewhere(store, tmp_path, monkeypatch))
    opened(page, benchmark=own)
    assert "Side by side" not in texts(page)
    named(page.selectbox, "Beside it").set_value(name).run()
    assert not page.exception
    assert address(page) == {"benchmark": own, "beside": name}
    assert "Side by side" in texts(page)
    assert "No verdict is given from one benchmark to the other" in texts(page)
    both = page.table[0].value
    assert list(both) == ["this machine", "a.neighbour"]
    assert both.loc["PyTorch eager : TensorFlow graph"].tolist() == [
        "2.00 \\[1.97, 2.03\\], n = 5, faster", "0.67 \\[0.66, 0.68\\], n = 5, slower",
    ]  # fmt: skip


def test_different_work_is_said(page: AppTest, store: Store) -> None:
    own = told.finished(store, PLAN, (2e-4, 4e-4))
    other = told.finished(store, benchmark.comparison(OWN, "quick", "inference"), (2e-4, 4e-4))
    opened(page, benchmark=own, beside=other)
    assert "They measured different things" in texts(page)


def test_a_file_beside_that_is_not_here_is_said(page: AppTest, store: Store) -> None:
    opened(page, benchmark=told.finished(store, PLAN, (2e-4, 4e-4)), beside="file-0000000000000000")
    assert "was not opened here" in texts(page)
    assert FASTER in texts(page)


def test_a_file_is_opened_and_a_bad_one_refused(
    page: AppTest, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(page)
    page.file_uploader[0].upload("bench.json", b"[1]", "application/json").run()
    assert not page.exception
    assert "This file is no benchmark of Tandem's" in texts(page)
    content = from_elsewhere(store, tmp_path, monkeypatch)
    page.file_uploader[0].upload("bench.json", content, "application/json").run()
    assert address(page)["benchmark"] == published.kept(store)[0]
    assert "no benchmark of Tandem's" not in texts(page)


def test_text_from_elsewhere_stays_text(page: AppTest, store: Store, tmp_path: Path) -> None:
    theirs = Store(tmp_path / "theirs")
    name = told.finished(theirs, PLAN, (2e-4, 4e-4))
    evil = "[x](http://evil) :red[y] $z$"
    told_json = json.loads(published.of_store(theirs, name).to_json())
    told_json["plan"]["title"] = told_json["measurements"][0]["host"] = evil
    opened(page, benchmark=published.keep(store, json.dumps(told_json).encode()))
    assert page.title[0].value.startswith("\\[x\\](http:")
    assert ":red[" not in texts(page).replace(":gray[", "")


def test_the_files_to_take_are_offered(page: AppTest, store: Store) -> None:
    opened(page, benchmark=told.finished(store, PLAN, (2e-4, 4e-4)))
    labels = [widget.label for widget in page.get("download_button")]
    assert labels == ["Benchmark as JSON", "As a page", "Blocks as CSV"]


def test_the_start_offers_what_is_under_way(page: AppTest, store: Store) -> None:
    name = begun(store)
    opened(page)
    press(page, "Show it")
    assert address(page)["benchmark"] == name


def test_one_that_was_deleted_just_now_is_not_under_way(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    name, other = sorted(begun(store) for _ in range(2))
    really = benchmark.last_word

    def last_word(store: Store, asked: str) -> str:
        if asked == name:
            raise StoreError("There is no benchmark.")
        return really(store, asked)

    monkeypatch.setattr(benchmark, "last_word", last_word)
    assert speed_recent.under_way() == other
