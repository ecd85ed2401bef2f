"""Benchmarks as files: one dashboard's file is opened by another, which believes its raw values alone."""

import json
from pathlib import Path

import pytest

from engine.bench import benchmark, published
from engine.bench.pairs import UNRECORDED
from engine.bench.published import PublishedError
from engine.config import RunConfig
from engine.runs import Store
from tests import benchmark_stories as stories

PLAN = benchmark.comparison(RunConfig.build({"policy": "defaults"}))


@pytest.fixture
def text(tmp_path: Path) -> str:
    store = Store(tmp_path / "theirs")
    return published.of_store(store, stories.finished(store, PLAN, (2e-4, 4e-4))).to_json()


@pytest.fixture
def ours(tmp_path: Path) -> Store:
    return Store(tmp_path / "ours")


def test_another_dashboard_reads_the_same_results(text: str, ours: Store, tmp_path: Path) -> None:
    name = published.keep(ours, text.encode())
    there = published.of_file(ours, name)
    (original,) = benchmark.benchmarks(Store(tmp_path / "theirs"))
    here = published.of_store(Store(tmp_path / "theirs"), original)
    assert (there.plan, there.lines, there.found) == (here.plan, here.lines, here.found)
    assert there.from_file
    assert not there.here
    assert not here.from_file
    assert published.kept(ours) == [name]
    assert published.keep(ours, text.encode()) == name
    assert published.kept(ours) == [name]
    assert benchmark.benchmarks(ours) == []


def test_a_verdict_written_by_hand_is_not_read(text: str, ours: Store) -> None:
    told = json.loads(text)
    told["certificate"] = {"claims": {"speed": {"comparable": True}}}
    told["pairs"] = [{"word": "faster"}]
    told["measurements"] = [{name: value for name, value in line.items() if name != "evidence"}
                            for line in told["measurements"]]  # fmt: skip
    found = published.of_file(ours, published.keep(ours, json.dumps(told).encode())).found
    assert found.certificate is None
    assert found.pairs[0].ratio == pytest.approx(2.0, rel=0.05)
    assert (found.pairs[0].word, found.pairs[0].why) == ("", UNRECORDED)


def without(text: str, field: str) -> bytes:
    told = json.loads(text)
    del told[field]
    return json.dumps(told).encode()


def changed(text: str, **fields: object) -> bytes:
    return json.dumps(json.loads(text) | fields).encode()


def test_what_cannot_be_opened_is_a_sentence(text: str, ours: Store) -> None:
    lines = json.loads(text)["measurements"]
    no_count = [{name: value for name, value in line.items() if name != "count"} for line in lines]
    for content, sentence in (
        (b"", "no JSON"),
        (text.encode()[:-200], "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[1, 2]", "no benchmark of Tandem's"),
        (b'{"format": "other"}', "no benchmark of Tandem's"),
        (changed(text, schema_version=2), "newer Tandem"),
        (without(text, "measurements"), "measurements in this file are damaged"),
        (changed(text, measurements=[1]), "measurements in this file are damaged"),
        (changed(text, measurements=no_count), "This file is damaged. The measurements are damaged"),
        (text.replace('"seconds": 0.0', '"seconds": NaN0').replace("NaN0", 'NaN, "x": 0.0').encode(), "no JSON"),
        (changed(text, measurements=[*lines, {"type": "block", "seconds": 1e300}]), "are damaged"),
        (
            changed(text, measurements=[*lines, {"type": "block", "seconds": 0.0, "count": 1, "round": 0, "case": 0}]),
            "This file is damaged",
        ),
        (without(text, "plan"), "This file is damaged."),
        (changed(text, plan={"title": "x"}), "This file is damaged."),
    ):
        with pytest.raises(PublishedError, match=sentence):
            published.keep(ours, content)
    assert published.kept(ours) == []


NUMBERS = {
    *(
        ("process", "import_seconds"),
        ("process", "imported_bytes"),
        ("case", "first_seconds"),
        ("case", "build_seconds"),
    ),
    *(("case", "input_seconds"), ("case", "peak_bytes"), ("block", "seconds"), ("block", "count"), ("block", "time")),
    *(("block", "round"), ("block", "peak_bytes"), ("state", "others_share"), ("state", "mhz"), ("state", "load")),
}


@pytest.mark.parametrize("value", ["inf", "nan", "-inf", "1", [0.1], {}, True, -1.0], ids=str)
@pytest.mark.parametrize(("kind", "name"), sorted(NUMBERS))
def test_what_should_be_a_number_and_is_none_is_damage(
    text: str, ours: Store, kind: str, name: str, value: object
) -> None:
    told = json.loads(text)["measurements"]
    value = [value, *(value if isinstance(value, list) else [])] if name == "load" else value
    broken = [{**line, name: value} if line["type"] == kind else line for line in told]
    with pytest.raises(PublishedError, match="damaged"):
        published.keep(ours, changed(text, measurements=broken))


@pytest.mark.parametrize(
    "change",
    [{"threads": [1]}, {"tf32": {"all": []}}, {"digests": None}, {"disclosed": {"machine": 1}}, {"rows": "x"}],
    ids=str,
)
def test_damaged_evidence_is_a_sentence(text: str, ours: Store, change: dict) -> None:
    told = [{**line, "evidence": {**line["evidence"], **change}} if line["type"] == "case" else line
            for line in json.loads(text)["measurements"]]  # fmt: skip
    with pytest.raises(PublishedError, match="measurements are damaged"):
        published.keep(ours, changed(text, measurements=told))


def test_a_file_that_is_too_large_is_refused(ours: Store) -> None:
    with pytest.raises(PublishedError, match="at most 20 MB"):
        published.keep(ours, b" " * 20_000_001)


@pytest.mark.parametrize("name", ["file-0000000000000000", "file-../../plan", "", "file-XYZ"])
def test_a_file_that_was_never_opened_is_a_sentence(ours: Store, name: str) -> None:
    with pytest.raises(PublishedError):
        published.of_file(ours, name)


def test_a_file_can_be_forgotten(text: str, ours: Store) -> None:
    name = published.keep(ours, text.encode())
    published.forget(ours, name)
    assert published.kept(ours) == []
    with pytest.raises(PublishedError, match="open it again"):
        published.of_file(ours, name)
