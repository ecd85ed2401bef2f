"""The form for data that is downloaded: nothing starts without its files, and a button gets them."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.datasets import downloading
from engine.datasets.catalogue import DATASETS, DatasetError
from engine.runs import Store
from tests.pages.conftest import button, named, opened, press


@pytest.fixture(autouse=True)
def _nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("TANDEM_DATA", str(tmp_path / "data"))
    yield
    downloading._under_way.clear()


def given(monkeypatch: pytest.MonkeyPatch, fetch: Callable[..., None], absent: Callable[[], str]) -> None:
    """Have MNIST come from somewhere else."""
    other = replace(DATASETS["mnist"], download=fetch, absent=lambda options: absent())
    monkeypatch.setitem(DATASETS, "mnist", other)


def test_the_form_says_how_to_get_what_is_missing(page: AppTest, store: Store) -> None:
    opened(page, network="lenet", dataset="mnist")
    (info,) = page.info
    assert "The files of mnist (10 MB) are not on this machine" in info.value
    assert "python -m engine datasets download mnist" in info.value
    assert button(page, "Train").disabled
    assert not page.error
    named(page.selectbox, "Dataset").select("digits").run()
    assert not page.info
    assert not button(page, "Train").disabled


def test_a_download_shows_its_progress_and_then_training_may_start(
    page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, half = threading.Event(), threading.Event()
    here: list[int] = []

    def fetch(tell: Callable[[int, int], None]) -> None:
        tell(5_000_000, 10_000_000)
        half.set()
        assert go_on.wait(20)
        here.append(1)

    given(monkeypatch, fetch, lambda: "" if here else "It is not here.")
    press(opened(page, network="lenet", dataset="mnist"), "Download")
    assert half.wait(20)
    page.run()
    assert "5.0 MB of 10 MB" in [element.proto.text for element in page.get("progress")]
    assert not [widget for widget in page.button if widget.label == "Download"]
    assert button(page, "Train").disabled
    same = downloading.begin("mnist")  # another browser, which waits for the same
    assert same is downloading.present("mnist")
    go_on.set()
    same.wait()
    page.run()
    assert here == [1]
    assert not page.info
    press(page, "Train")
    assert len(store.runs()) == 1


def test_a_download_that_fails_is_a_sentence_and_can_be_tried_again(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(tell: Callable[[int, int], None]) -> None:
        raise DatasetError("There is no network.")

    given(monkeypatch, fetch, lambda: "It is not here.")
    press(opened(page, network="lenet", dataset="mnist"), "Download")
    first = downloading.present("mnist")
    assert first
    first.wait()
    page.run()
    assert [error.value for error in page.error] == ["There is no network."]
    press(page, "Download")
    assert downloading.present("mnist") is not first


def test_files_that_go_in_the_meantime_start_nothing(
    page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter(["", "", "They are gone."])
    given(monkeypatch, lambda tell: None, lambda: next(told, "They are gone."))
    opened(page, network="lenet", dataset="mnist")
    press(page, "Train")
    assert store.runs() == []
    assert any("They are gone." in element.value for element in (*page.error, *page.info))
