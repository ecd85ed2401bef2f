"""What was learned, on the page without a browser: every form of data has something to show, and nothing breaks it."""

import io
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.events import Histograms
from engine.runs import Store
from engine.store import view_files
from engine.views import Viewer
from tests import stories
from tests.pages.conftest import RUN_SECONDS
from tests.view_stories import Session
from ui import server

SIDES = ("torch", "tensorflow")


def script() -> None:
    import streamlit as st

    from ui import learned_view, run_view

    learned_view.show(run_view.progress_of(st.query_params["run"]), live=False)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("TANDEM_STORE", str(tmp_path / "store"))
    server.store.cache_clear()
    return server.store()


def learned(store: Store, steps: tuple[int, ...] = (3, 6), **fields: object) -> str:
    """A finished run with a view of each step on both sides."""
    run = stories.finished_run(store, **fields)
    split = prepare(RunConfig.build(fields))
    for side in SIDES:
        for step in steps:
            view_files.save(store.log(run, side).parent, Viewer(store.config(run), split).take(step, Session(split)))
    return run


def opened(run: str) -> AppTest:
    page = AppTest.from_function(script, default_timeout=RUN_SECONDS)
    page.query_params["run"] = run
    page.run()
    assert not page.exception
    return page


def shown(page: AppTest) -> list[str]:
    return [text.value.strip("*") for text in page.markdown]


@pytest.mark.parametrize(
    ("network", "dataset", "titles"),
    [
        ("mlp", "moons", ["Confusion matrix"]),
        ("mlp", "iris", ["Confusion matrix"]),
        ("mlp", "diabetes", ["Predicted against true"]),
        ("lenet", "digits", ["Predictions", "Confusion matrix", "First layer"]),
        ("lstm", "sine", ["Some sequences", "Confusion matrix"]),
        ("lstm", "adding", ["Some sequences", "Predicted against true"]),
    ],
)
def test_every_form_of_data_has_something_to_show(store: Store, network: str, dataset: str, titles: list[str]) -> None:
    page = opened(learned(store, network=network, dataset=dataset))
    assert shown(page) == titles
    assert len(page.get("plotly_chart")) == len(titles)
    assert page.caption[0].value == "After step 6. Rows for validation, the same on both sides."
    page.select_slider[0].set_value(3).run()
    assert page.caption[0].value.startswith("After step 3.")


def wrong(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize("content", [b"nothing", wrong(images=np.zeros(7)), wrong(confusion=np.zeros((4, 4), int))])
def test_a_damaged_view_is_a_sentence_and_the_others_stay(store: Store, content: bytes) -> None:
    run = learned(store, network="mlp", dataset="iris")
    (store.log(run, "torch").parent / "views/000000000006.npz").write_bytes(content)
    page = opened(run)
    assert [warning.value for warning in page.warning] == ["The view of step 6 cannot be read: its file is damaged."]
    page.select_slider[0].set_value(3).run()
    assert not page.warning
    assert shown(page) == ["Confusion matrix"]


def test_a_run_without_snapshots_says_so(store: Store) -> None:
    page = opened(stories.finished_run(store, network="mlp", dataset="iris", snapshots=False))
    assert "they are off in its configuration" in page.info[0].value
    page = opened(stories.finished_run(store, network="mlp", dataset="iris"))
    assert page.info[0].value == "This run has recorded no snapshot."


def test_histograms_have_their_own_place(store: Store) -> None:
    page = opened(learned(store, network="mlp", dataset="iris"))
    page.button_group[0].set_value("Histograms").run()
    assert not page.exception
    assert page.info[0].value.startswith("This run has no histograms yet.")


def test_histograms_of_an_earlier_step_are_a_slider_away(store: Store) -> None:
    run = learned(store, network="mlp", dataset="iris")
    for side in ("torch", "tensorflow"):
        bins = {"weights/output.bias": (-1.0, 1.0, (1, 2))}
        stories.tell(store, run, side, [Histograms(step, bins) for step in (3, 6)])
    page = opened(run)
    page.button_group[0].set_value("Histograms").run()
    told = "PyTorch to the left, TensorFlow to the right. PyTorch after step {0}, TensorFlow after step {0}."
    assert page.caption[-1].value == told.format(6)
    page.select_slider[0].set_value(3).run()
    assert page.caption[-1].value == told.format(3)
