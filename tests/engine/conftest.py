"""What tests with real processes begin with: a store, and a launcher on it, of which nothing goes on afterwards."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.launcher import Launcher
from engine.runs import Store
from tests.engine import numpy_worker, real_runs


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store. The processes that work for it in the end are ended."""
    store = Store(tmp_path / "runs")
    store.root.mkdir()
    yield store
    real_runs.end_all(store)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers need no framework."""
    monkeypatch.setattr(sys, "executable", numpy_worker.executable(tmp_path))


@pytest.fixture
def real_launcher(store: Store) -> Iterator[Launcher]:
    """A launcher on the store, without warm workers."""
    launcher = Launcher(store, warm=False)
    launcher.open()
    yield launcher
    launcher.close()


@pytest.fixture
def launcher(stand_in: None, real_launcher: Launcher) -> Launcher:
    """The same, and its workers need no framework."""
    return real_launcher


@pytest.fixture
def launch(store: Store, stand_in: None) -> Iterator[Callable[..., Launcher]]:
    """Opens launchers on the store, whose workers need no framework."""
    opened: list[Launcher] = []

    def open_one(**options: Any) -> Launcher:
        opened.append(Launcher(store, **{"warm": False} | options))
        opened[-1].open()
        return opened[-1]

    yield open_one
    for launcher in opened:
        if launcher._thread.is_alive():
            launcher.close()
