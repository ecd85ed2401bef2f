"""The end of a benchmark that a person asks for: who may be stopped, and what may be deleted."""

import json
import os
from pathlib import Path

import pytest

from engine import system
from engine.bench import benchmark, ended
from engine.config import RunConfig
from engine.runs import Store, StoreError
from tests import benchmark_stories as stories

PLAN = benchmark.comparison(RunConfig.build({"policy": "defaults"}))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def driven(store: Store, name: str, process_start: float) -> None:
    begun = {"pid": os.getpid(), "process_start": process_start, "host": system.HOST}
    (benchmark.folder(store, name) / "driver.json").write_text(json.dumps(begun))


def test_what_waits_can_be_stopped_and_not_deleted(store: Store) -> None:
    name = benchmark.create(store, PLAN)
    with pytest.raises(StoreError, match=f"The benchmark {name} has not ended; stop it first."):
        ended.delete(store, name)
    ended.stop(store, name)
    assert benchmark.asked_to_stop(store, name)


def test_what_has_ended_can_be_deleted_and_not_stopped(store: Store) -> None:
    name, other = (stories.finished(store, PLAN, (2e-4, 4e-4)) for _ in range(2))
    with pytest.raises(StoreError, match=f"The benchmark {name} has ended already: finished."):
        ended.stop(store, name)
    ended.delete(store, name)
    assert benchmark.benchmarks(store) == [other]
    assert os.listdir(store.root / benchmark.FOLDER) == [other]
    with pytest.raises(StoreError, match="There is no benchmark"):
        ended.delete(store, name)


def test_what_is_measured_is_not_deleted_unless_its_driver_is_gone(store: Store) -> None:
    name = benchmark.create(store, PLAN)
    stories.tell(store, name, stories.lines(PLAN, (2e-4, 4e-4), rounds=2))
    began = system.started_at(os.getpid())
    assert began
    driven(store, name, began)
    with pytest.raises(StoreError, match="stop it first"):
        ended.delete(store, name)
    driven(store, name, began + 100)
    ended.delete(store, name)
    assert benchmark.benchmarks(store) == []


@pytest.mark.parametrize("name", ["nothing", "../../etc", "20260101-000000-mlp-000000", "published"])
def test_what_is_no_benchmark_is_a_sentence(store: Store, name: str) -> None:
    for ask in (ended.stop, ended.delete):
        with pytest.raises(StoreError, match="There is no benchmark"):
            ask(store, name)
