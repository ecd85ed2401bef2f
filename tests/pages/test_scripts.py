"""The Code page: what it shows of a run, of a recipe and of the Train page's form, and where there is nothing."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import RunConfig
from engine.runs import Store
from tests.pages.conftest import RUN_SECONDS
from ui import server

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store(tmp_path)
    monkeypatch.setattr(server, "store", lambda: store)
    monkeypatch.setattr("ui.server.store", lambda: store)
    return store


def opened(**asked: str) -> AppTest:
    page = AppTest.from_file(str(ROOT / "pages" / "scripts.py"), default_timeout=RUN_SECONDS)
    for name, value in asked.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def captions(page: AppTest) -> str:
    return " ".join(caption.value for caption in page.caption)


def html(page: AppTest) -> str:
    return page.get("html")[0].proto.body


def test_a_recipe_is_shown_side_by_side(store):
    page = opened(network="lenet")
    assert "LeNet-5 · digits · matched · adam" in page.markdown[0].value
    assert "Equivalent" in captions(page)
    assert "Conv2d" in html(page)
    assert "MaxPooling2D" in html(page)
    assert not page.code


def test_one_framework_is_shown_to_be_copied(store):
    page = opened(network="lenet")
    page.segmented_control(key="scripts.view").set_value("torch").run()
    assert "loss.backward()" in page.code[0].value
    assert not page.get("html")


def test_a_recipe_in_raw_tensors(store):
    page = opened(network="lenet")
    page.segmented_control(key="scripts.level").set_value("raw").run()
    assert "tape.gradient(loss, weights)" in re.sub("</?mark>", "", html(page))
    assert "MaxPooling2D" not in html(page)
    assert {button.proto.label for button in page.get("download_button")} == {
        *("PyTorch .py", "PyTorch notebook", "TensorFlow .py", "TensorFlow notebook")
    }


def test_what_is_not_written_in_raw_tensors_is_said(store):
    page = opened(run=store.create(RunConfig.build({"network": "lenet", "precision": "mixed_bfloat16"})))
    page.segmented_control(key="scripts.level").set_value("raw").run()
    assert "not in mixed_bfloat16" in page.info[0].value
    assert not page.get("html")
    page.segmented_control(key="scripts.level").set_value("layers").run()
    assert not page.info
    assert "Conv2d" in html(page)


def test_what_ran_is_said_to_be_so(store):
    page = opened(network="lstm")
    page.segmented_control(key="scripts.level").set_value("ran").run()
    assert "**Ran**" in captions(page)
    assert "train_torch" in html(page)


def test_a_run_is_shown_by_its_own_config(store):
    run = store.create(RunConfig.build({"network": "gru", "optimizer": "rmsprop", "policy": "defaults"}))
    page = opened(run=run)
    assert "defaults · rmsprop" in page.markdown[0].value
    page.selectbox(key="scripts.of").set_value("network=mlp").run()
    assert "matched · adam" in page.markdown[0].value
    assert page.query_params == {"network": "mlp"}


def test_a_run_that_there_is_not(store):
    page = opened(run="20200101-000000-mlp-abcdef")
    assert len(page.warning) == 1
    assert not page.get("html")


def test_the_form_of_the_train_page(store):
    page = AppTest.from_file(str(ROOT / "pages" / "scripts.py"), default_timeout=RUN_SECONDS)
    page.session_state["address"] = {"network": "simple_net", "optimizer": "momentum"}
    page.run()
    assert "momentum" in page.markdown[0].value
