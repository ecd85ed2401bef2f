"""The Compare page: what the address asks for is shown, and what cannot be shown is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine import trash
from engine.runs import Store
from tests import stories
from tests.pages.test_runs import Leading
from ui import server

PAGE = Path(__file__).parents[2] / "pages" / "compare.py"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("TANDEM_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(server, "Launcher", lambda store, **_: Leading(store))
    for shared in (server.store, server.launcher, server.run_rows):
        shared.cache_clear()
    (tmp_path / "store").mkdir()
    yield server.store()
    for shared in (server.store, server.launcher, server.run_rows):
        shared.cache_clear()


def opened(**params: str) -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=20)
    for name, value in params.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def texts(page: AppTest) -> str:
    return " ".join(part.value for kind in (page.markdown, page.caption, page.warning, page.info) for part in kind)


def named(widgets, label: str):
    return next(widget for widget in widgets if widget.label == label)


def address(page: AppTest) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else value for name, value in page.query_params.items()}


def figures(page: AppTest) -> int:
    return len(page.get("plotly_chart"))


def test_without_runs_it_says_what_to_do(store: Store) -> None:
    page = opened()
    assert "Choose runs in the sidebar" in texts(page)
    assert figures(page) == 0


def test_chosen_runs_are_drawn_and_the_address_follows(store: Store) -> None:
    first, second = stories.finished_run(store), stories.finished_run(store, seed=3)
    page = opened()
    named(page.multiselect, "Runs").set_value([first, second]).run()
    assert not page.exception
    assert address(page) == {"runs": f"{first},{second}"}
    assert figures(page) == 1
    named(page.selectbox, "Curve").set_value("validation_loss").run()
    named(page.selectbox, "Over").set_value("epoch").run()
    named(page.slider, "Smoothing").set_value(0.5).run()
    assert address(page) == {
        "runs": f"{first},{second}", "metric": "validation_loss", "x": "epoch", "smoothing": "0.5",
    }  # fmt: skip
    again = opened(**address(page))
    assert named(again.slider, "Smoothing").value == 0.5
    assert named(again.multiselect, "Runs").value == [first, second]
    assert figures(again) == 1


def test_what_differs_is_a_table(store: Store) -> None:
    runs = [stories.finished_run(store, learning_rate=rate) for rate in (0.01, 0.02)]
    page = opened(runs=",".join(runs))
    assert list(page.table[1].value.index) == ["learning_rate"]
    same = [stories.finished_run(store) for _ in range(2)]
    assert "these runs were asked for the same" in texts(opened(runs=",".join(same)))


def test_bands_are_explained(store: Store) -> None:
    runs = [stories.finished_run(store, seed=seed, shift=seed / 10) for seed in range(3)]
    page = opened(runs=",".join(runs), groups="learning_rate")
    assert "95 % Student-t interval" in texts(page)
    assert list(page.table[0].value["n"]) == ["3", "3"]


def test_what_cannot_be_shown_is_said_and_the_rest_is_shown(store: Store) -> None:
    whole, gone, broken = (stories.finished_run(store) for _ in range(3))
    alone = stories.finished_run(store, frameworks=["torch"])
    trash.delete(store, gone, 4e9)
    store.log(broken, "torch").write_text("hello\n")
    page = opened(runs=",".join([whole, gone, broken, alone, "nonsense"]), x="hours")
    said = texts(page)
    assert "allowed is one of step, epoch, seconds, examples" in said
    assert said.count("There is no run") == 2
    assert "is damaged" in said
    assert "was not trained in TensorFlow" in said
    assert figures(page) == 1


def test_a_run_that_has_recorded_nothing_yet(store: Store) -> None:
    page = opened(runs=stories.new_run(store))
    assert "None of these runs has such a curve yet" in texts(page)
