"""The store: what is created is found, names are checked before they meet a path, status comes from the events."""

import os
import time

import pytest

from engine import events, system
from engine.config import RunConfig
from engine.logs import Log
from engine.runs import RunNotFound, RunUnreadable, Store, StoreError
from engine.store import trash

CONFIG = RunConfig.build({"network": "simple_net"})
STARTED = events.Started("torch", "2", "cpu", "cpu", 1, 25, "net", 10, 5, 4, 100, 0.1, 0.1, 0.0)
STRANGERS = [
    *("", ".", "..", "../x", "/etc", "20261123-064020-simple_net-e2708", "20261123-064020-simple_net-e27088"),
    *("20261123-064020-../../x-e27088", "20261123-064020-simple_net-e27088/..", "20261123-064020-simple_net-e27088\n"),
    *("20261123-064020-simple_net-E27088", "\x00", "a" * 10_000, "٢٠٢٦١١٢٣-064020-simple_net-e27088"),
]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


@pytest.fixture
def run(store):
    return store.create(CONFIG)


def launched(side="torch", pid=None, log_size=0, host=system.HOST):
    pid = pid or os.getpid()
    return events.Launched(side, pid, system.started_at(pid) or 0.0, host, False, log_size, time.time())


def say(store, run, *told, side="torch"):
    with Log(store.log(run, side)) as log:
        for event in told:
            log.append(event)


def test_a_new_run(store, run):
    assert store.runs() == [run]
    assert store.config(run) == CONFIG
    assert sorted(os.listdir(store.folder(run))) == ["config.json", "tensorflow", "torch"]
    assert [status.word for status in store.status(run).values()] == ["queued", "queued"]
    assert store.read(run) == store.read(run, "torch") == ([], 0)


def test_the_newest_run_comes_first(store, monkeypatch):
    made = []
    for second in (5, 7, 6):
        monkeypatch.setattr(time, "gmtime", lambda second=second: (2026, 1, 2, 3, 4, second, 0, 2, 0))
        made.append(store.create(CONFIG))
    assert store.runs() == [made[1], made[2], made[0]]


def test_ids_are_never_the_same(store):
    assert len({store.create(CONFIG) for _ in range(50)}) == 50


def test_two_that_draw_the_same_are_two_runs(store, monkeypatch):
    drawn = iter(("00000a", "00000a", "00000b"))
    monkeypatch.setattr("engine.runs.secrets.token_hex", lambda _: next(drawn))
    monkeypatch.setattr("engine.runs.time.strftime", lambda *_: "20261130-120000")
    one, other = (store.create(RunConfig.build({})) for _ in range(2))
    assert (one[-6:], other[-6:]) == ("00000a", "00000b")


def test_what_is_no_run_is_not_listed(store, run):
    for name in (".20261123-064020-simple_net-e27088", "notes", "20261123-064020-simple_net"):
        (store.root / name).mkdir()
    (store.root / "README").write_text("mine")
    assert store.runs() == [run]


def test_an_empty_store_is_no_error(tmp_path):
    assert Store(tmp_path / "gone").runs() == []


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize(
    "ask",
    [
        Store.folder,
        Store.config,
        lambda store, run: trash.delete(store, run, 0.0),
        Store.log,
        Store.read,
        Store.status,
        Store.launcher_words,
        lambda store, run: store.append(run, STARTED),
        lambda store, run: store.read(run, "torch", 5),
    ],
)
def test_an_unknown_id_is_one_sentence_and_touches_nothing(store, run, stranger, ask):
    outside = store.root.parent / "x"
    outside.mkdir()
    (outside / "config.json").write_text(CONFIG.to_json())
    with pytest.raises(RunNotFound, match=r"^There is no run .* in .*\.$"):
        ask(store, stranger)
    assert os.listdir(outside) == ["config.json"]
    assert store.runs() == [run]


@pytest.mark.parametrize("side", ["..", "../..", "/etc", "jax", ""])
def test_a_side_is_one_of_the_frameworks(store, run, side):
    with pytest.raises(RunNotFound, match="has no side"):
        store.read(run, side)


def test_a_store_below_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "runs")
    with pytest.raises(StoreError, match=r"^The run could not be written to .*file/runs: Not a directory\.$"):
        store.create(CONFIG)
    assert store.runs() == []


def test_half_a_run_is_never_left(store, monkeypatch):
    monkeypatch.setattr(RunConfig, "to_json", lambda self: "\udc80")  # breaks the writing of config.json
    with pytest.raises((StoreError, UnicodeEncodeError)):
        store.create(CONFIG)
    assert store.runs() == []


# Status


@pytest.mark.parametrize(
    ("last", "word", "step"),
    [
        ([], "starting", 0),
        ([STARTED], "preparing", 0),
        ([STARTED, events.Steps(0, (1.0, 2.0), 0.1)], "running", 2),
        ([STARTED, events.Steps(0, (1.0, 2.0), 0.1), events.Epoch(1, 1, {})], "running", 2),
        ([STARTED, events.Steps(0, (1.0, 2.0), 0.1), events.Paused(2, 0.0)], "paused", 2),
        ([events.Paused(2, 0.0), events.Continued(2, 0.0)], "running", 2),
        ([events.Steps(0, (1.0, 2.0), 0.1), STARTED, events.Resumed(1, 0.0)], "preparing", 1),
        ([events.Finished(9, "completed", 0.0)], "finished", 9),
        ([events.Stopped(9, 0.0)], "stopped", 9),
        ([events.Steps(0, (None,), 0.1), events.Diverged(0, 0.0)], "diverged", 1),
        ([events.Failed("OSError: gone", 0.0)], "failed", 0),
    ],
)
def test_a_living_side_is_what_its_last_event_says(store, run, last, word, step):
    store.append(run, launched())
    say(store, run, *last)
    status = store.status(run)["torch"]
    assert (status.word, status.step) == (word, step)
    assert store.status(run)["tensorflow"].word == "queued"


def test_a_dead_side_is_interrupted_where_it_was(store, run):
    store.append(run, launched(pid=2**22 + 1))
    say(store, run, STARTED, events.Steps(0, (1.0, 2.0), 0.1))
    status = store.status(run)["torch"]
    assert (status.word, status.step) == ("interrupted", 2)
    assert status.ended


def test_a_dead_side_that_had_its_last_word_ended_as_it_says(store, run):
    store.append(run, launched(pid=2**22 + 1))
    say(store, run, events.Finished(9, "completed", 0.0))
    assert store.status(run)["torch"].word == "finished"


def test_a_later_process_with_the_same_pid_is_another(store, run):
    store.append(run, events.Launched("torch", os.getpid(), 1000.0, system.HOST, False, 0, 0.0))
    assert store.status(run)["torch"].word == "interrupted"


def test_a_process_of_another_machine_is_not_judged(store, run):
    store.append(run, launched(pid=2**22 + 1, host="elsewhere"))
    assert store.status(run)["torch"].word == "starting"


def test_what_an_earlier_process_said_is_not_this_one_s(store, run):
    say(store, run, events.Stopped(9, 0.0))
    size = store.log(run, "torch").stat().st_size
    store.append(run, launched(log_size=size))
    assert store.status(run)["torch"].word == "starting"
    say(store, run, STARTED)
    assert store.status(run)["torch"].word == "preparing"


@pytest.mark.parametrize(
    ("told", "word"),
    [
        (events.Lost("torch", "Its process was ended by signal 9.", 0.0), "interrupted"),
        (events.Cancelled("torch", "Stopped before it began.", 0.0), "stopped"),
        (events.Requeued("torch", 0.0), "queued"),
    ],
)
def test_the_launcher_s_word_counts_after_the_end(store, run, told, word):
    store.append(run, launched())
    store.append(run, told)
    assert store.status(run)["torch"].word == word
    assert store.launcher_words(run)["torch"] == told


# Deletion


def test_a_run_that_trains_is_not_deleted(store, run):
    store.append(run, launched())
    with pytest.raises(StoreError, match=r"still training; stop it first\.$"):
        trash.delete(store, run, 0.0)
    assert store.config(run) == CONFIG
    say(store, run, events.Stopped(0, 0.0))
    trash.delete(store, run, 0.0)
    assert store.runs() == []
    assert not store.root.joinpath(f".{run}").exists()
    with pytest.raises(RunNotFound):
        trash.delete(store, run, 0.0)


def test_other_runs_stay(store, run):
    other = store.create(CONFIG)
    trash.delete(store, run, 0.0)
    assert store.runs() == [other]


# Damage

DAMAGE = [b"", b"[]", b'{"network": "other"}', b'{"epochs": ', b"\xff\x00", b"[" * 100_000]
FOREIGN = [b"hello\n", b"[]\n", b'{"type":"other"}\n', b"\x00\x00\n", b'{"type":"paused"}\n', b"\xff\n"]


def unreadable(run, file):
    return pytest.raises(RunUnreadable, match=rf"^The run {run} cannot be read, because its {file} is damaged: .*\.$")


@pytest.mark.parametrize("text", DAMAGE)
def test_a_damaged_config(store, run, text):
    good = store.create(CONFIG)
    (store.folder(run) / "config.json").write_bytes(text)
    for ask in (store.config, store.status):
        with unreadable(run, "config.json"):
            ask(run)
    assert set(store.runs()) == {run, good}
    assert store.status(good)["torch"].word == "queued"
    trash.delete(store, run, 0.0)
    assert store.runs() == [good]


@pytest.mark.parametrize("text", FOREIGN)
@pytest.mark.parametrize("side", [None, "torch"])
def test_foreign_lines(store, run, side, text):
    store.append(run, launched())
    say(store, run, STARTED)
    with store.log(run, side).open("ab") as file:
        file.write(text)
    file = f"{side}/events.jsonl" if side else "events.jsonl"
    with unreadable(run, file):
        store.read(run, side)
    with unreadable(run, file):
        store.status(run)
    assert store.config(run) == CONFIG
    assert len(store.read(run, "tensorflow")[0]) == 0
