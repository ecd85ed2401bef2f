"""The page Data pipelines without a browser: its topics, results made by hand, and measurements that never run."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.bench import benchmark, ended
from engine.pipelines import placement, precision, threads, turns
from engine.pipelines.results import ROUNDS
from engine.pipelines.sources import source
from engine.runs import Store
from tests import benchmark_stories
from tests.pages.conftest import MAIN, RUN_SECONDS, address, named, press
from tests.pipeline_stories import asked, lines, threaded
from ui import examinations


@pytest.fixture
def page(store: Store, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    examinations._under_way.clear()
    page = AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS)
    page.run()  # a test begins on the first page
    page.switch_page("../pages/pipelines.py")
    return page


def opened(page: AppTest, topic: str) -> AppTest:
    page.query_params["topic"] = topic
    page.run()
    assert not page.exception
    return page


def texts(page: AppTest) -> str:
    kinds = (page.title, page.header, page.markdown, page.caption, page.warning, page.info)
    return " ".join(element.value for kind in kinds for element in kind)


def written(folder: Path, told: list[dict]) -> None:
    folder.mkdir(parents=True)
    (folder / "request.json").write_text("{}")
    (folder / turns.FILE).write_text("".join(json.dumps(line) + "\n" for line in told))


def test_both_pipelines_and_a_button_before_anything_is_measured(page: AppTest) -> None:
    opened(page, "loaders")
    assert [code.value for code in page.code] == [source("python", side).strip() for side in ("torch", "tensorflow")]
    assert [button.label for button in page.button] == ["Measure"]
    assert "times as fast" not in texts(page)


def test_what_was_measured_is_told(page: AppTest, store: Store) -> None:
    request = asked(rounds=ROUNDS)
    written(request.folder(store), lines(request, lambda side, workers: 0.1 if side == "torch" else 0.2))
    opened(page, "loaders")
    assert "DataLoader, 2 workers is 2.00 \\[2.00, 2.00\\] times as fast as tf.data, 2 calls at once" in texts(page)
    assert "delivered the same 1,797 examples" in texts(page)
    assert [button.label for button in page.button] == ["Measure again"]


def test_a_damaged_result_is_said(page: AppTest, store: Store) -> None:
    written(asked(rounds=ROUNDS).folder(store), [{"kind": "check", "case": 0}])
    opened(page, "loaders")
    assert "damaged; measure again" in texts(page)


def test_threads_have_verdicts_for_both_works(page: AppTest, store: Store) -> None:
    request = threads.Request(2)
    written(request.folder(store), threaded(request, lambda case: 0.01 / case.inside))
    opened(page, "threads")
    assert texts(page).count("2 threads inside of an operation: faster, 2.00") == 4
    assert len(page.dataframe) == 2


def test_devices_show_the_code_of_every_way_and_what_was_raised(page: AppTest, store: Store) -> None:
    folder = placement.Request().folder(store)
    written(folder, [])
    told = {way.name: {"devices": {"tensor": "cpu"}, "raised": ""} for way in placement.WAYS}
    told["missing"] = {"devices": {}, "raised": "AssertionError: no such device"}
    for side in ("torch", "tensorflow"):
        (folder / f"{side}.json").write_text(json.dumps({"version": "1.0", "ways": told}))
    opened(page, "devices")
    shown = [code.value for code in page.code]
    assert shown.count("AssertionError: no such device") == 2
    assert sum("def within()" in code for code in shown) == 2


def test_mixed_precision_shows_what_trains_and_starts_nothing_by_itself(page: AppTest, store: Store) -> None:
    opened(page, "precision")
    assert "torch.autocast(" in page.code[0].value
    assert "set_dtype_policy(config.precision)" in page.code[1].value
    assert [button.label for button in page.button] == ["Train both", "Measure"]
    assert store.runs() == []


def test_float16_shows_how_its_loss_is_scaled(page: AppTest, store: Store) -> None:
    opened(page, "precision")
    named(page.get("button_group"), "Products in").set_value("mixed_float16").run()
    assert not page.exception
    assert [code.value.count("def scaled(") for code in page.code] == [0, 1, 0, 1]
    press(page, "Train both")
    assert {store.config(run).precision for run in store.runs()} == {"float32", "mixed_float16"}


def test_a_topic_that_is_none_opens_the_first(page: AppTest) -> None:
    opened(page, "nonsense")
    assert address(page) == {"topic": "loaders"}


def test_a_benchmark_that_is_gone_cannot_be_stopped_and_it_is_said(page: AppTest, store: Store) -> None:
    name = benchmark.create(store, precision.plan("mlp", precision.MIXED[0]))
    opened(page, "precision")
    page.button(key="precision-stop").click()
    ended.delete(store, stopped(store, name))
    page.run()
    assert not page.exception
    assert "There is no benchmark" in texts(page)


def stopped(store: Store, name: str) -> str:
    benchmark_stories.tell(store, name, [benchmark_stories.ended("stopped")])
    return name
