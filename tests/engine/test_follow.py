"""Following a run from a terminal."""

import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from engine import events, system
from engine.commands import follow
from engine.runs import Store
from tests import stories


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def dead(store: Store) -> str:
    """A run of one side whose process is gone, and nobody has written down why."""
    run = stories.new_run(store, network="mlp", frameworks=["torch"])
    store.append(run, events.Launched("torch", 2**22 - 1, 1.0, system.HOST, False, 0, time.time()))
    assert store.status(run)["torch"].word == "interrupted"
    return run


def followed(store: Store, run: str) -> None:
    follow.follow(store, run, Console(file=io.StringIO()), lambda: "")


def test_it_waits_until_it_is_told_why_a_side_was_interrupted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run, why = dead(store), "The node kitchen that trained it was lost."
    lost = events.Lost("torch", why, time.time())
    monkeypatch.setattr(follow.time, "sleep", lambda _: store.append(run, lost))  # the launcher, meanwhile
    followed(store, run)
    assert store.status(run)["torch"].detail == why


def test_it_does_not_wait_for_ever(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "CAUSE_SECONDS", 0.0)
    followed(store, dead(store))
