"""The Logs page: TensorBoard in the page, the run in its address, and a sentence where there is nothing to show."""

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.board_server import BoardError
from engine.config import RunConfig
from engine.runs import Store, StoreError
from tests.pages.conftest import MAIN, RUN_SECONDS
from ui import server
from ui.plain import plain

ROOT = Path(__file__).parents[2]


class Board:
    """In the place of a BoardServer: runs, unless `problem` says otherwise."""

    problem = ""

    def port(self) -> int:
        if self.problem:
            raise BoardError(self.problem)
        return 6006


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    board = Board()
    monkeypatch.setattr(server, "board_server", lambda: board)
    return board


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store(tmp_path)
    monkeypatch.setattr(server, "store", lambda: store)
    return store


@pytest.fixture
def two(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two runs, the newer one first."""
    older, newer = time.gmtime(1_590_000_000), time.gmtime(1_590_000_060)
    moments = iter((older, newer))
    monkeypatch.setattr("engine.runs.time.gmtime", lambda: next(moments))
    return [store.create(RunConfig.build({})), store.create(RunConfig.build({}))][::-1]


def logs(run: str | None = None) -> AppTest:
    page = AppTest.from_file(str(ROOT / "pages" / "logs.py"), default_timeout=RUN_SECONDS)
    if run:
        page.query_params["run"] = run
    return page.run()


def shown(page: AppTest) -> str:
    return page.get("iframe")[0].proto.src


def test_a_store_that_cannot_be_read_is_one_sentence(
    board: Board, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable() -> list[str]:
        raise StoreError("The store cannot be read: Permission denied.")

    monkeypatch.setattr(store, "runs", unreadable)
    page = logs()
    assert not page.exception
    assert [error.value for error in page.error] == ["The store cannot be read: Permission denied."]


def test_all_runs_are_shown_and_the_newest_is_offered_first(board: Board, two: list[str]) -> None:
    page = logs()
    assert not page.exception
    assert shown(page).startswith("/tb/?darkMode=")
    offered = page.selectbox("logs_run").options
    assert [option[-6:] for option in offered] == ["l runs", two[0][-6:], two[1][-6:]]
    assert offered[1].startswith("mlp · 20 May 2020, 18:41:00 · ")


def test_the_address_names_the_run(board: Board, two: list[str]) -> None:
    page = logs(two[1])
    assert shown(page).startswith(f"/tb/run/{two[1]}/?darkMode=")
    assert not page.warning


def test_a_choice_goes_into_the_address_and_out_of_it(board: Board, two: list[str]) -> None:
    page = logs()
    page.selectbox("logs_run").select_index(1).run()
    assert page.query_params["run"] == two[0]
    assert shown(page).startswith(f"/tb/run/{two[0]}/")
    page.selectbox("logs_run").select_index(2).run()
    assert shown(page).startswith(f"/tb/run/{two[1]}/")
    page.selectbox("logs_run").select_index(0).run()
    assert "run" not in page.query_params
    assert shown(page).startswith("/tb/?")


@pytest.mark.parametrize("run", ["../../etc/passwd", "20260101-000000-mlp-aaaaaa", "<script>"])
def test_an_unknown_run_is_said_and_all_are_shown(board: Board, two: list[str], run: str) -> None:
    page = logs(run)
    assert plain(f"There is no run {run!r}") in page.warning[0].value
    assert shown(page).startswith("/tb/?")
    assert not page.exception


def test_a_broken_tensorboard_is_one_sentence_and_can_be_tried_again(board: Board, two: list[str]) -> None:
    board.problem = "TensorBoard is not installed."
    page = logs()
    assert page.error[0].value == "TensorBoard is not installed."
    assert not page.get("iframe")
    board.problem = ""
    page.button[0].click().run()
    assert not page.error
    assert shown(page).startswith("/tb/?")


def test_an_empty_store_says_what_to_do_next(board: Board, store: Store) -> None:
    page = AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS).switch_page("../pages/logs.py").run()
    assert not page.exception
    assert "Train a network" in page.info[0].value
    assert page.get("page_link")[0].proto.label == "Go to Train"
    assert not page.get("iframe")


@pytest.mark.parametrize("name", ["20261399-000000-mlp-aaaaaa", "99991231-235959-mlp-aaaaaa"])
def test_a_folder_with_an_odd_date_breaks_nothing(board: Board, store: Store, name: str) -> None:
    (store.root / store.create(RunConfig.build({}))).rename(store.root / name)
    page = logs(name)
    assert not page.exception
    assert shown(page).startswith(f"/tb/run/{name}/")
