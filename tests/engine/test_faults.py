"""What goes wrong with real processes: kills, full disks, damaged files. A clear sentence each, and nothing lost."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from engine import control, events, system
from engine.__main__ import main
from engine.launcher import Launcher
from engine.logs import LogError
from engine.runs import RunUnreadable, Store, StoreError
from engine.store import checkpoints, trash
from tests.engine.real_runs import (
    end_all,
    endless,
    kill,
    launches,
    losses,
    said,
    short,
    until,
    until_step,
    until_words,
    words,
)

SIDES = ("torch", "tensorflow")


def until_checkpoint(launcher, store, run):
    """Pause and go on: there is a checkpoint then, and steps after it."""
    launcher.pause(run)
    until(lambda: set(words(store, run)) == {"paused"})
    kept = {side: store.status(run)[side].step for side in store.config(run).frameworks}
    launcher.resume(run)
    for side, step in kept.items():
        until_step(store, run, side, step + 1)
    return kept


def checkpoint_step(store, run, side):
    """Where a side that has ended would go on."""
    return checkpoints.latest(store.log(run, side).parent).step


# Killed


def test_a_killed_worker_is_interrupted_the_other_goes_on_and_a_resume_loses_nothing(real_launcher, store):
    """With both frameworks: the resumed side has the losses of one that was never killed, to the last bit."""
    run = real_launcher.submit(short(epochs=300))
    kept = until_checkpoint(real_launcher, store, run)
    kill(store, run, "torch")
    until_words(store, run, "interrupted", "finished")
    status = store.status(run)["torch"]
    assert status.detail == "Its process was ended by signal 9."
    assert kept["torch"] < status.step < 300 * 26
    before, checkpoint = losses(store, run, "torch"), checkpoint_step(store, run, "torch")
    assert len(before) == status.step
    assert kept["torch"] <= checkpoint <= status.step
    real_launcher.resume(run)
    until_words(store, run, "finished", "finished")
    assert said(store, run, "torch", events.Resumed)[0].from_step == checkpoint
    assert len(said(store, run, "tensorflow", events.Started)) == 1
    unhurt = real_launcher.submit(short(epochs=300, frameworks=["torch"]))
    until_words(store, unhurt, "finished")
    whole = losses(store, unhurt, "torch")
    assert losses(store, run, "torch") == whole
    assert before == whole[: len(before)]
    assert losses(store, run, "tensorflow")[:10] == pytest.approx(whole[:10], rel=1e-5)


def test_both_killed(launcher, store):
    run = launcher.submit(endless())
    kept = until_checkpoint(launcher, store, run)
    kill(store, run, *SIDES)
    until_words(store, run, "interrupted", "interrupted")
    until(lambda: len(said(store, run, None, events.Lost)) == 2)
    before = {side: losses(store, run, side) for side in SIDES}
    checkpoint = {side: checkpoint_step(store, run, side) for side in SIDES}
    launcher.resume(run)
    for side in SIDES:
        until_step(store, run, side, len(before[side]))
        assert said(store, run, side, events.Resumed)[0].from_step == checkpoint[side] >= kept[side]
        assert losses(store, run, side)[: len(before[side])] == before[side]


def test_killed_before_the_first_checkpoint_begins_again(launcher, store, monkeypatch):
    """An epoch that takes minutes has no checkpoint at its beginning."""
    monkeypatch.setenv("STAND_IN_STEP", "0.1")
    run = launcher.submit(endless(frameworks=["torch"], batch_size=1))
    until_step(store, run, "torch", 0)
    kill(store, run, "torch")
    until_words(store, run, "interrupted")
    assert checkpoints.latest(store.log(run, "torch").parent) is None
    before = losses(store, run, "torch")
    launcher.resume(run)
    until_step(store, run, "torch", len(before))
    assert said(store, run, "torch", events.Resumed)[0].from_step == 0
    assert losses(store, run, "torch")[: len(before)] == before


def test_a_line_half_written_at_the_kill(launcher, store):
    """The reader waits for its end, the next writer removes it, and the next process is not taken for dead."""
    run = launcher.submit(endless(frameworks=["torch"]))
    until_checkpoint(launcher, store, run)
    kill(store, run, "torch")
    until_words(store, run, "interrupted")
    path = store.log(run, "torch")
    whole = path.stat().st_size
    with path.open("ab") as file:
        file.write(b'{"type":"steps","first_step":' + b"9" * 100_000)
    before = losses(store, run, "torch")
    assert store.read(run, "torch")[1] == whole
    launcher.resume(run)
    until_step(store, run, "torch", len(before))
    assert losses(store, run, "torch")[: len(before)] == before
    launcher.stop(run)
    until_words(store, run, "stopped")
    assert path.read_bytes().endswith(b"\n")


def test_a_worker_that_hangs_is_killed_by_stop(launcher, store, monkeypatch):
    monkeypatch.setattr("engine.launcher.PATIENCE_SECONDS", 1.0)
    run = launcher.submit(endless(frameworks=["torch"]))
    until_words(store, run, "running")
    launched = launches(store, run)["torch"]
    os.kill(launched.pid, signal.SIGSTOP)
    launcher.stop(run)
    until_words(store, run, "stopped")
    until(lambda: not system.is_alive(launched.pid, launched.process_start))
    assert store.status(run)["torch"].detail == "Stopped while running."
    assert losses(store, run, "torch")


def test_a_process_of_another_machine_is_never_killed(launcher, store, monkeypatch):
    monkeypatch.setattr("engine.launcher.PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr("engine.launcher.STOP_SECONDS", 0.0)
    innocent = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    run = store.create(endless(frameworks=["torch"]))
    control.write(store.folder(run), control.Command(paused=True))
    store.append(run, events.Launched("torch", innocent.pid, 1.0, "elsewhere", False, 0, time.time()))
    queued = launcher.submit(short(frameworks=["torch"]))
    launcher.stop(run)
    launcher.stop(queued)
    until_words(store, run, "stopped")
    until_words(store, queued, "stopped")
    assert innocent.poll() is None
    innocent.kill()
    innocent.wait()


# Nothing more fits


@pytest.mark.parametrize("limit", [20_000, 400])
def test_a_disk_that_fills_up_ends_the_side_with_a_sentence(launcher, store, monkeypatch, limit):
    """What was recorded before stays readable, and with room again the side goes on."""
    monkeypatch.setenv("STAND_IN_FILE_LIMIT", str(limit))
    run = launcher.submit(endless(frameworks=["torch"], histograms=False))
    (lost,) = until(lambda: said(store, run, None, events.Lost))
    assert lost.reason == "The store did not take what it recorded; is the disk full?"
    assert words(store, run) == ["interrupted"]
    recorded = losses(store, run, "torch")
    assert len(recorded) == store.status(run)["torch"].step
    assert store.log(run, "torch").stat().st_size <= limit
    monkeypatch.delenv("STAND_IN_FILE_LIMIT")
    launcher.resume(run)
    until_step(store, run, "torch", len(recorded))
    assert losses(store, run, "torch")[: len(recorded)] == recorded


@pytest.fixture
def tiny_disk(tmp_path):
    """A real file system of 256 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting needs rights that this process has not")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_file_system(tiny_disk, stand_in, monkeypatch):
    """The side ends with everything that it had recorded, and goes on when there is room."""
    monkeypatch.setenv("STAND_IN_STEP", "0.005")  # the run shall not fill the disk by itself
    store = Store(tiny_disk / "runs")
    launcher = Launcher(store, warm=False)
    launcher.open()
    try:
        run = launcher.submit(endless(frameworks=["torch"], histograms=False))
        until_words(store, run, "running")
        filler = tiny_disk / "filler"
        with pytest.raises(OSError, match="No space left"):
            filler.write_bytes(bytes(2**20))
        until(lambda: store.status(run)["torch"].ended)
        recorded = losses(store, run, "torch")
        assert recorded
        with pytest.raises(StoreError, match=r"^The run could not be written to .*: No space left on device\.$"):
            launcher.submit(short())
        filler.unlink()
        (lost,) = until(lambda: said(store, run, None, events.Lost))
        assert lost.reason == "The store did not take what it recorded; is the disk full?"
        launcher.resume(run)
        until_step(store, run, "torch", len(recorded))
        assert losses(store, run, "torch")[: len(recorded)] == recorded
        launcher.stop(run)
        until(lambda: store.status(run)["torch"].ended)
    finally:
        launcher.close()
        end_all(store)


def test_a_launcher_that_cannot_write_says_so_and_goes_on_later(launcher, store, monkeypatch):
    run = launcher.submit(endless(frameworks=["torch"]))
    until_words(store, run, "running")
    with monkeypatch.context() as patch:

        def refuse(*_):
            raise LogError("The event could not be written.")

        patch.setattr("engine.runs.Log.append", refuse)
        kill(store, run, "torch")
        until(lambda: launcher.trouble)
        assert launcher.trouble == (
            f"The run {run} waits, because its folder has a problem: "
            f"The run {run} could not be written to: The event could not be written."
        )
    (lost,) = until(lambda: said(store, run, None, events.Lost))
    assert lost.reason == "Its process was ended by signal 9."
    until(lambda: launcher.trouble == "")


def test_a_store_that_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"^The store .*file/runs cannot be used: Not a directory\.$"):
        Launcher(Store(tmp_path / "file" / "runs")).open()


def test_a_command_for_a_run_that_is_gone(launcher):
    for ask in (launcher.pause, launcher.step, launcher.resume, launcher.stop):
        with pytest.raises(StoreError, match=r"^There is no run"):
            ask("20261123-064020-simple_net-e27088")
        with pytest.raises(StoreError, match=r"^There is no run"):
            ask("../runs")


# Damaged


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("config.json", b"{"),
        ("config.json", b'{"network": "other"}'),
        ("events.jsonl", b"hello\n"),
        ("torch/events.jsonl", b'{"type":"other"}\n'),
    ],
)
def test_a_damaged_run_keeps_no_other_one_waiting(launcher, store, file, text):
    damaged = store.create(endless())
    (store.folder(damaged) / file).write_bytes(text)
    run = launcher.submit(short(frameworks=["torch"]))
    until_words(store, run, "finished")
    assert launcher.trouble == ""
    assert set(store.runs()) == {run, damaged}
    with pytest.raises(RunUnreadable, match=rf"because its {file} is damaged"):
        store.status(damaged)
    with pytest.raises(RunUnreadable):
        launcher.resume(damaged)
    trash.delete(store, damaged, 0.0)
    assert store.runs() == [run]


def test_a_run_that_is_damaged_while_it_trains(launcher, store):
    run = launcher.submit(endless(frameworks=["torch"]))
    until_words(store, run, "running")
    config = store.folder(run) / "config.json"
    text = config.read_bytes()
    config.write_bytes(b"")
    other = launcher.submit(short(frameworks=["torch"]))
    until_words(store, other, "finished")
    config.write_bytes(text)
    assert words(store, run) == ["running"]


def test_damaged_commands_ask_for_nothing(launcher, store):
    run = launcher.submit(endless(frameworks=["torch"]))
    until_words(store, run, "running")
    (store.folder(run) / "control.json").write_bytes(b'{"paused": tr')
    until_step(store, run, "torch", store.status(run)["torch"].step + 20)
    launcher.pause(run)
    until_words(store, run, "paused")
    launcher.stop(run)
    until_words(store, run, "stopped")


def test_a_damaged_checkpoint_is_a_failure_in_words(launcher, store):
    run = launcher.submit(endless(frameworks=["torch"]))
    until_checkpoint(launcher, store, run)
    launcher.stop(run)
    until_words(store, run, "stopped")
    recorded = losses(store, run, "torch")
    side = store.log(run, "torch").parent
    (checkpoint,) = side.glob(checkpoints.PATTERN)
    checkpoint.write_bytes(b"hello")
    launcher.resume(run)
    until_words(store, run, "failed")
    assert store.status(run)["torch"].detail.startswith("SafetensorError: ")
    assert "Traceback" in (side / "worker.log").read_text()
    assert losses(store, run, "torch") == recorded


# Asked for too much


def test_a_learning_rate_that_diverges(real_launcher, store):
    """Both frameworks end as diverged at a step of their own choice, never as success."""
    run = real_launcher.submit(short(learning_rate=1000.0, epochs=200))
    until_words(store, run, "diverged", "diverged")
    for side in SIDES:
        *finite, last = (loss for event in said(store, run, side, events.Steps) for loss in event.losses)
        assert last is None
        assert None not in finite
        assert store.status(run)[side].detail == f"The loss was not finite at step {len(finite)}."
        assert store.status(run)[side].step == len(finite) + 1


def test_a_run_that_trains_is_not_deleted(launcher, store):
    run = launcher.submit(endless())
    until_words(store, run, "running", "running")
    with pytest.raises(StoreError, match="stop it first"):
        trash.delete(store, run, 0.0)
    launcher.pause(run)
    until_words(store, run, "paused", "paused")
    with pytest.raises(StoreError, match="stop it first"):
        trash.delete(store, run, 0.0)
    launcher.stop(run)
    until_words(store, run, "stopped", "stopped")
    trash.delete(store, run, 0.0)
    assert store.runs() == []


def test_a_run_is_stopped_from_the_command_line(launcher, store):
    run = launcher.submit(endless(frameworks=["torch"]))
    until_words(store, run, "running")
    assert main(["runs", "stop", run, "--store", str(store.root)]) == 0
    assert words(store, run) == ["stopped"]


def test_a_run_that_cannot_be_read_is_stopped_all_the_same(launcher, store, capsys):
    run = launcher.submit(endless(frameworks=["torch"]))
    until_words(store, run, "running")
    process = launches(store, run)["torch"]
    (store.folder(run) / "config.json").write_bytes(b"{")
    assert main(["runs", "stop", run, "--store", str(store.root)]) == 0
    assert "config.json is damaged" in capsys.readouterr().err
    until(lambda: not system.is_alive(process.pid, process.process_start), "the end of the worker")


def test_a_paused_run_whose_folder_is_removed_ends_its_worker(launcher, store):
    run = launcher.submit(endless(frameworks=["torch"]))
    until_words(store, run, "running")
    launcher.pause(run)
    until_words(store, run, "paused")
    process = launches(store, run)["torch"]
    shutil.rmtree(store.folder(run))
    until(lambda: not system.is_alive(process.pid, process.process_start), "the end of the worker")
