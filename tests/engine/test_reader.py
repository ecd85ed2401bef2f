"""A log that is followed: each line is parsed once, and one that is damaged is told."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.bench import benchmark
from engine.bench import reader as reader_module
from engine.bench.reader import Reader
from engine.config import RunConfig
from engine.runs import Store, StoreError
from tests import benchmark_stories as stories

PLAN = benchmark.comparison(RunConfig.build({"policy": "defaults"}))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The lines that were parsed."""
    found: list[bytes] = []
    loads = json.loads

    def counting(line: bytes) -> object:
        found.append(line)
        return loads(line)

    monkeypatch.setattr(reader_module, "json", SimpleNamespace(loads=counting))
    return found


def test_a_line_is_parsed_once(tmp_path: Path, parsed: list[bytes]) -> None:
    path = tmp_path / "log"
    reader = Reader(path)
    assert reader.lines() == []
    path.write_text('{"a": 1}\n{"a": 2}\n{"a"')
    assert reader.lines() == reader.lines() == [{"a": 1}, {"a": 2}]
    with path.open("a") as file:
        file.write(": 3}\n")
    assert reader.lines() == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert len(parsed) == 3


def test_what_is_given_away_is_no_part_of_what_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text('{"a": 1}\n')
    reader = Reader(path)
    reader.lines().clear()
    assert reader.lines() == [{"a": 1}]


def test_a_shorter_log_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text('{"a": 1}\n{"a": 2}\n')
    reader = Reader(path)
    assert len(reader.lines()) == 2
    path.write_text('{"b": 1}\n')
    assert reader.lines() == [{"b": 1}]


def test_a_benchmark_that_is_followed_is_parsed_once(tmp_path: Path, parsed: list[bytes]) -> None:
    store = Store(tmp_path)
    name = stories.finished(store, PLAN, (2e-4, 4e-4))
    found = [benchmark.lines(store, name) for _ in range(5)]
    assert found[0] == found[-1]
    assert len(parsed) == len(found[0])


@pytest.mark.parametrize("line", ["[1, 2]", "3", '"ended"', "null", "{half"])
def test_a_last_line_that_is_no_object_is_damage(tmp_path: Path, line: str) -> None:
    store = Store(tmp_path)
    name = benchmark.create(store, PLAN)
    (benchmark.folder(store, name) / "measurements.jsonl").write_text(f'{{"type": "machine"}}\n{line}\n')
    assert benchmark.last_word(store, name) == "running"
    with pytest.raises(StoreError, match="its log is damaged"):
        benchmark.lines(store, name)
