"""The Runs page: what it lists, what it finds, and what comes back from the trash."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine import events
from engine.runs import Store
from engine.store import labels, run_files, trash
from tests import stories
from tests.pages.conftest import RUN_SECONDS
from ui import runs_actions, server

PAGE = Path(__file__).parents[2] / "pages" / "runs.py"


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


class Leading:
    """A launcher that starts nothing."""

    leads = True

    def __init__(self, store: Store):
        self.store = store

    def open(self) -> None:
        pass


def opened() -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=RUN_SECONDS).run()
    assert not page.exception
    return page


def listed(page: AppTest) -> list[str]:
    return list(page.dataframe[0].value["Id"]) if page.dataframe else []


def texts(page: AppTest) -> str:
    return " ".join(part.value for kind in (page.markdown, page.info, page.caption, page.error) for part in kind)


def named(widgets, label: str):
    return next(widget for widget in widgets if widget.label == label)


def test_an_empty_store_says_what_to_do(store: Store) -> None:
    assert "No runs yet" in texts(opened())


def test_all_runs_newest_first_with_what_came_out(store: Store) -> None:
    for shift in (0.0, 0.5):
        stories.finished_run(store, shift=shift)
    page = opened()
    assert listed(page) == store.runs()
    table = page.dataframe[0].value
    assert sorted(table["TensorFlow train loss"]) == [0.5, 1.0]
    assert set(table["Status"]) == {"Finished"}


def test_search_and_choices_narrow_the_list(store: Store) -> None:
    wanted = stories.finished_run(store, network="lenet")
    stories.finished_run(store)
    queued = stories.new_run(store, network="lenet")
    store.append(wanted, events.Labelled("the one", ("good",), "", 1.0))
    page = opened()
    for field, label, value, expected in (
        ("text_input", "Search", "ONE lenet", {wanted}),
        ("multiselect", "Network", ["lenet"], {wanted, queued}),
        ("multiselect", "Status", ["queued"], {queued}),
        ("multiselect", "Tag", ["good"], {wanted}),
    ):
        widget = named(getattr(page, field), label)
        before = widget.value
        widget.set_value(value).run()
        assert set(listed(page)) == expected, label
        named(getattr(page, field), label).set_value(before).run()
    named(page.text_input, "Search").set_value("nothing like it").run()
    assert "No run matches" in texts(page)


def test_a_run_that_cannot_be_read_is_listed(store: Store) -> None:
    run = stories.finished_run(store)
    store.log(run, "torch").write_text("hello\n")
    page = opened()
    assert listed(page) == [run]
    assert list(page.dataframe[0].value["Status"]) == ["Unreadable"]


def test_what_was_deleted_is_put_back(store: Store) -> None:
    run = stories.finished_run(store)
    trash.delete(store, run, 4e9)
    page = AppTest.from_file(str(PAGE), default_timeout=RUN_SECONDS)
    page.session_state["runs.disk"] = True
    page.run()
    named(page.button, "Put back").click().run()
    assert not page.exception
    assert store.runs() == [run]
    assert listed(page) == [run]


def test_runs_are_taken_in_and_a_stranger_s_file_refused(store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    for shift in (0.0, 0.5):
        stories.finished_run(other, shift=shift)
    file = io.BytesIO()
    run_files.export(other, other.runs(), file)
    page = opened()
    page.file_uploader[0].set_value(("runs.zip", file.getvalue(), "application/zip")).run()
    assert not page.exception
    assert [toast.value for toast in page.toast] == ["Took in 2 runs."]
    assert listed(page) == store.runs() == other.runs()
    page.file_uploader[0].set_value(("bad.zip", b"hello", "application/zip")).run()
    assert "no runs that Tandem exported" in texts(page)
    assert listed(page) == other.runs()


@pytest.mark.parametrize(
    ("name", "tags", "note"),
    [
        ("", tuple(f"tag {number}" for number in range(25)), ""),
        ("x" * 2_100, ("x" * 10_000, "a", "a", ""), "n" * 10_000),
        ("a\n\x1b[31mb", ("\u202e",), "\u2069\x07"),
    ],
)
def test_a_run_with_any_label_can_be_deleted_and_named(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str, tags: tuple[str, ...], note: str
) -> None:
    monkeypatch.setattr(runs_actions.st, "page_link", lambda *_, **__: None)  # of a page alone no other is known
    run = stories.finished_run(store)
    store.append(run, events.Labelled(name, tags, note, 1.0))
    page = AppTest.from_file(str(PAGE), default_timeout=RUN_SECONDS)
    page.session_state["runs.table.1"] = {"selection": {"rows": [0], "columns": []}}
    page.run()
    assert not page.exception
    assert len(named(page.multiselect, "Tags").value) <= labels.MOST_TAGS
    named(page.button, "Delete").click().run()
    assert store.runs() == []
