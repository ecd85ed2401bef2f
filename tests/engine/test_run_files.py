"""A run goes out as a file and comes in again; what is no such file is refused in one sentence and leaves nothing."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import run_files
from engine.charts.progress import RunProgress
from engine.runs import Store, StoreError
from tests import stories


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


@pytest.fixture
def other(tmp_path: Path) -> Store:
    found = Store(tmp_path / "others")
    found.root.mkdir()
    return found


def exported(store: Store, run: str) -> bytes:
    file = io.BytesIO()
    run_files.export(store, run, file)
    return file.getvalue()


def changed(content: bytes, change: Callable[[dict[str, bytes]], None]) -> io.BytesIO:
    """The archive with other parts; its manifest is the same unless it is changed too."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    file.seek(0)
    return file


def manifest(**fields: object) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        parts["manifest.json"] = json.dumps(json.loads(parts["manifest.json"]) | fields).encode()

    return change


def added(name: str, part: bytes = b"x") -> Callable[[dict[str, bytes]], None]:
    """A file more, which the manifest knows."""

    def change(parts: dict[str, bytes]) -> None:
        head = json.loads(parts["manifest.json"])
        head["files"][name] = run_files.hashlib.sha256(part).hexdigest()
        parts["manifest.json"], parts[name] = json.dumps(head).encode(), part

    return change


def test_a_run_goes_out_and_comes_in_the_same(store: Store, other: Store) -> None:
    run = stories.finished_run(store, shift=0.25)
    assert run_files.take_in(other, io.BytesIO(exported(store, run))) == run
    assert other.config(run) == store.config(run)
    there, here = RunProgress(store, run), RunProgress(other, run)
    for progress in (there, here):
        progress.poll()
    assert here.sides["tensorflow"].final() == there.sides["tensorflow"].final()
    assert [path.name for path in other.root.iterdir()] == [run]


def test_what_has_not_ended_stays(store: Store) -> None:
    run = stories.new_run(store)
    with pytest.raises(StoreError, match="has not ended"):
        exported(store, run)


def test_a_run_that_is_here_is_not_replaced(store: Store) -> None:
    run = stories.finished_run(store)
    content = exported(store, run)
    with pytest.raises(StoreError, match="is here already"):
        run_files.take_in(store, io.BytesIO(content))


def test_no_link_goes_out(store: Store, tmp_path: Path) -> None:
    run = stories.finished_run(store)
    secret = tmp_path / "secret.safetensors"
    secret.write_text("secret")
    (store.folder(run) / "torch" / "secret.safetensors").symlink_to(secret)
    with zipfile.ZipFile(io.BytesIO(exported(store, run))) as archive:
        assert "torch/secret.safetensors" not in archive.namelist()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (added("../outside"), "which no run has"),
        (added("/tmp/outside"), "which no run has"),
        (added("torch/../../outside"), "which no run has"),
        (added("torch/run.py"), "which no run has"),
        (added("control.json"), "which no run has"),
        (added("torch/views/1.npz", bytes(50_000_000)), "packed more than 200 times"),
        (manifest(format="other"), "something else"),
        (manifest(schema_version=99), "version 99"),
        (manifest(run="../x"), "no id of ours"),
        (manifest(run=3), "no id of ours"),
        (manifest(files=[]), "lists no files"),
        (manifest(files={}), "not those of its manifest"),
        (lambda parts: parts.pop("torch/events.jsonl"), "not those of its manifest"),
        (lambda parts: parts.pop("manifest.json"), "manifest.json"),
        (lambda parts: parts.update({"config.json": b"{}"}), "config.json is not the one that was exported"),
        (added("config.json", b'{"epochs": -1}'), "damaged"),
        (added("torch/events.jsonl", b"hello\n"), "damaged"),
        (added("torch/events.jsonl", b""), "had not ended"),
        (added("events.jsonl", b""), "had not ended"),
    ],
)
def test_what_a_stranger_made_of_it_is_refused(
    store: Store, other: Store, change: Callable[[dict[str, bytes]], None], words: str, tmp_path: Path
) -> None:
    content = exported(store, stories.finished_run(store))
    outside = set(tmp_path.iterdir())
    with pytest.raises(StoreError) as refused:
        run_files.take_in(other, changed(content, change))
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")
    assert list(other.root.iterdir()) == []
    assert set(tmp_path.iterdir()) == outside


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"[]"])
def test_what_is_no_zip_is_refused(other: Store, content: bytes) -> None:
    with pytest.raises(StoreError, match="no run that Tandem exported"):
        run_files.take_in(other, io.BytesIO(content))


def test_half_a_file_is_refused(store: Store, other: Store) -> None:
    content = exported(store, stories.finished_run(store))
    for end in (len(content) // 4, len(content) // 2, len(content) - 5):
        with pytest.raises(StoreError):
            run_files.take_in(other, io.BytesIO(content[:end]))
    assert list(other.root.iterdir()) == []


def test_a_size_that_is_not_true_is_counted(store: Store, other: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the archive says of its sizes may be anything: the bytes that come are counted."""
    content = exported(store, stories.finished_run(store))
    monkeypatch.setattr(run_files, "MOST_BYTES", 1000)
    monkeypatch.setattr(run_files, "_check_names", lambda archive, hashes: None)
    with pytest.raises(StoreError, match="takes more than"):
        run_files.take_in(other, io.BytesIO(content))
    assert list(other.root.iterdir()) == []
