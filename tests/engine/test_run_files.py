"""Runs go out as a file and come in again; what is no such file is refused in one sentence and leaves nothing."""

import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.__main__ import main
from engine.runs import Store, StoreError
from engine.store import run_files
from engine.store.progress import RunProgress
from engine.store.run_files import Taken
from tests import stories

EPOCH = '{"type":"epoch","epoch":2,"step":6,"metrics":{"validation_loss":0.25}}'
FINISHED = '\n{"type":"finished","step":6,"reason":"completed","time":103.0}'
DAMAGED_VIEW = "the view of step 6 cannot be read: its file is damaged."
NOT_FINITE = "a number in it is not finite"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


@pytest.fixture
def other(tmp_path: Path) -> Store:
    found = Store(tmp_path / "others")
    found.root.mkdir()
    return found


def exported(store: Store, *runs: str) -> bytes:
    file = io.BytesIO()
    run_files.export(store, runs, file)
    return file.getvalue()


def as_version_1(parts: dict[str, bytes]) -> None:
    """The file of one run as it was when each held one, without a folder for it."""
    head = json.loads(parts.pop("manifest.json"))
    ((run, files),) = head["runs"].items()
    for name in files:
        parts[name] = parts.pop(f"{run}/{name}")
    old = {"format": head["format"], "schema_version": 1, "run": run, "files": files}
    parts["manifest.json"] = json.dumps(old).encode()


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
    """A file more in the folder of the last run, which the manifest knows."""

    def change(parts: dict[str, bytes]) -> None:
        head = json.loads(parts["manifest.json"])
        run = list(head["runs"])[-1]
        head["runs"][run][name] = run_files.hashlib.sha256(part).hexdigest()
        parts["manifest.json"], parts[f"{run}/{name}"] = json.dumps(head).encode(), part

    return change


def labelled(**label: object) -> Callable[[dict[str, bytes]], None]:
    """The last run is called so."""
    event = {"type": "labelled", "name": "", "tags": [], "note": "", "time": 1.0} | label
    return appended("events.jsonl", json.dumps(event))


def appended(name: str, line: str) -> Callable[[dict[str, bytes]], None]:
    """A line more in that file of the last run, which the manifest knows."""

    def change(parts: dict[str, bytes]) -> None:
        run = list(json.loads(parts["manifest.json"])["runs"])[-1]
        added(name, parts[f"{run}/{name}"] + f"{line}\n".encode())(parts)

    return change


def packed(values: np.ndarray, how: Callable[..., None] = np.savez_compressed) -> bytes:
    """A view of these values."""
    file = io.BytesIO()
    how(file, predicted=values, true=values)
    return file.getvalue()


def steps(first: int) -> str:
    return f'{{"type":"steps","first_step":{first},"losses":[1.0],"seconds":0.1}}'


def without(name: str) -> Callable[[dict[str, bytes]], None]:
    """The last run lacks that file, and the manifest does not say so."""

    def change(parts: dict[str, bytes]) -> None:
        del parts[[part for part in parts if part.endswith(f"/{name}")][-1]]

    return change


def replaced(name: str, part: bytes) -> Callable[[dict[str, bytes]], None]:
    """The last run has something else in that file, of which the manifest does not know."""

    def change(parts: dict[str, bytes]) -> None:
        parts[[known for known in parts if known.endswith(f"/{name}")][-1]] = part

    return change


def test_a_run_goes_out_and_comes_in_the_same(store: Store, other: Store) -> None:
    run = stories.finished_run(store, shift=0.25)
    assert run_files.take_in(other, io.BytesIO(exported(store, run))) == Taken((run,), ())
    assert other.config(run) == store.config(run)
    there, here = RunProgress(store, run), RunProgress(other, run)
    for progress in (there, here):
        progress.poll()
    assert here.sides["tensorflow"].final() == there.sides["tensorflow"].final()
    assert [path.name for path in other.root.iterdir()] == [run]


def test_several_runs_go_out_and_come_in_as_one_file(store: Store, other: Store) -> None:
    runs = [stories.finished_run(store, shift=shift) for shift in (0.0, 0.25, 0.5)]
    assert sorted(run_files.take_in(other, io.BytesIO(exported(store, *runs))).new) == sorted(runs)
    assert sorted(path.name for path in other.root.iterdir()) == sorted(runs)
    for run in runs:
        for side in ("torch", "tensorflow"):
            assert other.log(run, side).read_bytes() == store.log(run, side).read_bytes()


def test_a_file_of_the_version_before_comes_in(store: Store, other: Store) -> None:
    run = stories.finished_run(store)
    assert run_files.take_in(other, changed(exported(store, run), as_version_1)).new == (run,)
    assert other.log(run, "torch").read_bytes() == store.log(run, "torch").read_bytes()


def test_what_has_not_ended_stays(store: Store) -> None:
    run = stories.new_run(store)
    with pytest.raises(StoreError, match="has not ended"):
        exported(store, stories.finished_run(store), run)


def test_more_than_a_file_may_hold_does_not_go_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run = stories.finished_run(store)
    monkeypatch.setattr(run_files, "MOST_BYTES", 100)
    with pytest.raises(StoreError, match="choose fewer runs"):
        exported(store, run)


def test_a_run_that_is_here_stays_as_it_is_and_the_others_come_in(store: Store, other: Store) -> None:
    runs = [stories.finished_run(store, shift=shift) for shift in (0.0, 0.25)]
    run_files.take_in(other, io.BytesIO(exported(store, runs[0])))
    kept = other.log(runs[0], "torch")
    kept.write_bytes(b"ours\n")
    both = exported(store, *runs)
    taken = run_files.take_in(other, io.BytesIO(both))
    assert (taken, taken.words()) == (Taken((runs[1],), (runs[0],)), "Took in 1 run; 1 was here already.")
    assert kept.read_bytes() == b"ours\n"
    with pytest.raises(StoreError, match="Its runs are here already"):
        run_files.take_in(other, io.BytesIO(both))


def test_where_one_cannot_be_moved_in_none_is(store: Store, other: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    content = exported(store, *(stories.finished_run(store, shift=shift) for shift in (0.0, 0.25)))
    moved, rename = [], Path.rename

    def once(path: Path, target: Path) -> Path:
        moved.append(path)
        if len(moved) == 2:
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", once)
    with pytest.raises(StoreError, match="No space left"):
        run_files.take_in(other, io.BytesIO(content))
    assert len(moved) == 3  # the first went back
    assert list(other.root.iterdir()) == []


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
        (lambda parts: parts.update({"../outside": b"x"}), "not those of its manifest"),
        (manifest(format="other"), "something else"),
        (manifest(schema_version=99), "version 99"),
        (manifest(runs={"../x": {}}), "no id of ours"),
        (manifest(runs=3), "lists no runs"),
        (manifest(runs={}), "lists no runs"),
        (manifest(runs={"20261130-000000-mlp-000000": []}), "lists no files"),
        (manifest(runs={"20261130-000000-mlp-000000": {}}), "no config.json"),
        (manifest(runs={"20261130-000000-mlp-000000": {"config.json": ""}}), "not those of its manifest"),
        (without("torch/events.jsonl"), "not those of its manifest"),
        (lambda parts: parts.pop("manifest.json"), "manifest.json"),
        (replaced("config.json", b"{}"), "config.json is not the one that was exported"),
        (added("config.json", b'{"epochs": -1}'), "damaged"),
        (added("torch/events.jsonl", b"hello\n"), "damaged"),
        (added("torch/events.jsonl", b""), "had not ended"),
        (added("events.jsonl", b""), "had not ended"),
        (appended("torch/events.jsonl", '{"type":"steps","first_step":6,"losses":[],"seconds":NaN}'), NOT_FINITE),
        (appended("events.jsonl", '{"type":"requeued","side":"torch","time":1e999}'), NOT_FINITE),
        (appended("torch/events.jsonl", steps(2**52)), "leave out 4,503,599,627,370,490 steps"),
        (appended("torch/events.jsonl", steps(50) + FINISHED), "damaged: step 50 of 6"),
        (appended("torch/events.jsonl", EPOCH + FINISHED), "the epochs of"),
        (added("torch/views/000000000006.npz", packed(np.zeros((3_000_000, 1)))), DAMAGED_VIEW),
        (added("torch/views/000000000006.npz", packed(np.zeros((7,)), np.savez)), DAMAGED_VIEW),
        (added("torch/views/6.npz", packed(np.zeros((7, 1)), np.savez)), "the view of step 6 is not kept any more."),
        (labelled(name="x" * 81), "the name has 81 characters; allowed are at most 80."),
        (labelled(tags=list(map(str, range(25)))), "25 tags; allowed are at most 20."),
        (labelled(tags=["x" * 41]), "the longest tag has 41 characters"),
        (labelled(note="x" * 4001), "the note has 4,001 characters"),
        (labelled(name="a\x1b[31mb"), "the name may have no control characters"),
    ],
)
@pytest.mark.parametrize("number", [1, 2])
def test_what_a_stranger_made_of_it_is_refused(
    store: Store, other: Store, change: Callable[[dict[str, bytes]], None], words: str, number: int, tmp_path: Path
) -> None:
    """The last of the runs is what is wrong: those before it do not come in either."""
    content = exported(store, *(stories.finished_run(store, shift=shift) for shift in (0.0, 0.25)[:number]))
    outside = set(tmp_path.iterdir())
    with pytest.raises(StoreError) as refused:
        run_files.take_in(other, changed(content, change))
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")
    assert list(other.root.iterdir()) == []
    assert set(tmp_path.iterdir()) == outside


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"[]"])
def test_what_is_no_zip_is_refused(other: Store, content: bytes) -> None:
    with pytest.raises(StoreError, match="no runs that Tandem exported, or it is damaged: it is no whole zip file"):
        run_files.take_in(other, io.BytesIO(content))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[]", "its manifest is of something else"),
        (b"\xff", "its manifest.json is not JSON"),
        (b"[" * 100_000, "its manifest.json is not JSON"),
        (b'{"format": "tandem run"}', "it is of version None, and this Tandem reads versions 1 to 2"),
        (b'{"format": "tandem run", "schema_version": 1, "run": [], "files": {}}', "its run has no id of ours"),
        (b'{"format": "tandem run", "schema_version": 1}', "its run has no id of ours"),
    ],
)
def test_what_is_wrong_with_a_manifest_is_said_in_plain_words(
    store: Store, other: Store, text: bytes, words: str
) -> None:
    content = exported(store, stories.finished_run(store))
    with pytest.raises(StoreError) as refused:
        run_files.take_in(other, changed(content, lambda parts: parts.update({"manifest.json": text})))
    assert str(refused.value) == f"The file holds no runs that Tandem exported, or it is damaged: {words}."


def test_whatever_byte_is_changed_the_reason_is_in_plain_words(store: Store, other: Store) -> None:
    content, told = exported(store, stories.finished_run(store)), set()
    for place in range(0, len(content), 41):
        wrong = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        try:
            run_files.take_in(other, io.BytesIO(wrong))
        except StoreError as error:
            told.add(str(error))
        for run in other.runs():
            shutil.rmtree(other.root / run)
    assert len(told) > 1
    assert not [why for why in told if re.search("Error|indices|recursion|object|invalid|decompress|magic", why)]
    assert list(other.root.iterdir()) == []


def test_half_a_file_is_refused(store: Store, other: Store) -> None:
    content = exported(store, *(stories.finished_run(store, shift=shift) for shift in (0.0, 0.25)))
    for end in (len(content) // 4, len(content) // 2, len(content) - 5):
        with pytest.raises(StoreError):
            run_files.take_in(other, io.BytesIO(content[:end]))
    assert list(other.root.iterdir()) == []


def test_a_size_that_is_not_true_is_counted(store: Store, other: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the archive says of its sizes may be anything: the bytes that come are counted."""
    content = exported(store, stories.finished_run(store))
    monkeypatch.setattr(run_files, "MOST_BYTES", 1000)
    monkeypatch.setattr(run_files, "_check_names", lambda archive, expected: None)
    with pytest.raises(StoreError, match="takes more than"):
        run_files.take_in(other, io.BytesIO(content))
    assert list(other.root.iterdir()) == []


def test_the_command_line_takes_several_out_and_in(
    store: Store, other: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, file = [stories.finished_run(store, shift=shift) for shift in (0.0, 0.25)], str(tmp_path / "both.zip")
    assert main(["runs", "export", *runs, file, "--store", str(store.root)]) == 0
    assert main(["runs", "import", file, "--store", str(other.root)]) == 0
    told = capsys.readouterr()
    assert told.out.split() == runs
    assert "Took in 2 runs." in told.err
    assert sorted(other.runs()) == sorted(runs)
    for wrong, words in (
        (["export", *runs, file], "There is a file"),
        (["export", file], "needs the id of a run"),
        (["export", runs[0], "20260101-000000-mlp-000000", "new.zip"], "There is no run"),
        (["export", *runs, "20261130-190130-mlp-zzzzzz"], "is no id of a run"),
        (["export", runs[0], runs[1][:-1]], "is no id of a run"),
        (["show", *runs], "and one alone"),
    ):
        assert main(["runs", *wrong, "--store", str(store.root)]) == 2
        assert words in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["runs", "others", "both.zip"])


def test_a_store_that_cannot_be_written_is_not_taken_for_the_file(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "runs.zip").write_bytes(b"")
    assert main(["runs", "import", str(tmp_path / "runs.zip"), "--store", str(tmp_path / "file/runs")]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert f"The store {tmp_path}/file/runs cannot be written: Not a directory." in told
