"""What tests of pages begin with: a store without processes, a page, and what is often done on it."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine import control, events
from engine.bench import benchmark
from engine.bench.plan import Plan
from engine.config import RunConfig
from engine.control import Command
from engine.runs import Store, StoreError
from tests import stories
from ui import server

MAIN = Path(__file__).parents[2] / "ui/main.py"
RUN_SECONDS = 120  # the longest that a page may take; the first one of a process imports much, on a busy machine too


class Launcher:
    """Does what the page asks of a launcher to the store, and starts no process."""

    leads, trouble, refusal = True, "", ""

    def __init__(self, store: Store, runs_at_once: int):
        self.store = store
        self.asked: list[Plan] = []  # to be measured

    def open(self) -> None:
        self.store.root.mkdir(exist_ok=True)

    def close(self) -> None:
        pass

    def holder(self) -> str:
        return "process 7 on elsewhere"

    def submit(self, config: RunConfig, cluster: str = "") -> str:
        if self.refusal:
            raise StoreError(self.refusal)
        return self.store.create(config, cluster)

    def measure(self, plan: Plan) -> str:
        self.asked.append(plan)
        return benchmark.create(self.store, plan)

    def pause(self, run: str) -> None:
        control.write(self.store.folder(run), Command(paused=True))

    def step(self, run: str) -> None:
        control.write(self.store.folder(run), Command(paused=True, step_target=4))

    def resume(self, run: str) -> None:
        control.write(self.store.folder(run), control.FREE)
        for side in self.store.config(run).frameworks:
            self.store.append(run, events.Requeued(side, 1.0))

    def stop(self, run: str) -> None:
        control.write(self.store.folder(run), Command(stop=True))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of the pages, whose launcher starts nothing."""
    monkeypatch.setenv("TANDEM_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(server, "Launcher", Launcher)
    server.store.cache_clear()
    server.launcher.cache_clear()
    (tmp_path / "store").mkdir()
    return server.store()


@pytest.fixture
def page(store: Store) -> AppTest:
    """The whole app, which begins on its first page."""
    return AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS)


def opened(page: AppTest, **params: str) -> AppTest:
    for name, value in params.items():
        page.query_params[name.replace("__", ".")] = value
    page.run()
    assert not page.exception
    return page


def named(widgets, label: str):
    return next(widget for widget in widgets if widget.label == label)


def button(page: AppTest, label: str):
    return next(widget for widget in page.button if widget.label == label)


def press(page: AppTest, label: str) -> AppTest:
    button(page, label).click().run()
    assert not page.exception
    return page


def address(page: AppTest) -> dict[str, str]:
    values = page.query_params.items()
    return {name: value if isinstance(value, str) else value[0] for name, value in values}


def only_config(store: Store) -> RunConfig:
    (run,) = store.runs()
    return store.config(run)


def running(store: Store, **fields: object) -> str:
    run = stories.new_run(store, **fields)
    for side in store.config(run).frameworks:
        stories.launch(store, run, side)
        stories.tell(store, run, side, stories.finished_side(side)[:4])
    return run


def texts_of_progress(page: AppTest) -> list[str]:
    return [element.proto.text for element in page.get("progress")]
