"""The launcher with real worker processes: queue, race and in turn, warm workers, commands, two on one store."""

import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from engine import control, events, system, workers
from engine.launcher import Launcher
from engine.logs import Log
from engine.runs import StoreError
from engine.store import trash
from tests import stories
from tests.engine.real_runs import (
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
PYTHON = sys.executable  # before a test puts the stand-in there
ROOT = Path(__file__).parents[2]


@pytest.fixture
def launch(store, stand_in):
    """Opens launchers on the store, whose workers need no framework."""
    opened = []

    def open_one(**options):
        opened.append(Launcher(store, **{"warm": False} | options))
        opened[-1].open()
        return opened[-1]

    yield open_one
    for launcher in opened:
        if launcher._thread.is_alive():
            launcher.close()


@pytest.fixture
def looks(monkeypatch):
    """Grows by one with each look that a launcher has ended."""
    ended, look = [], Launcher._pass

    def counted(launcher):
        look(launcher)
        ended.append(launcher)

    monkeypatch.setattr(Launcher, "_pass", counted)
    return ended


def launched_at(store, run):
    return [event.time for event in said(store, run, None, events.Launched)]


def ended_at(store, run):
    return [said(store, run, side, events.Finished)[0].time for side in store.config(run).frameworks]


def test_sides_that_die_while_the_launcher_looks_are_lost_all_the_same(launch, store, monkeypatch):
    launcher, settled = launch(), []
    run = launcher.submit(endless())
    until_words(store, run, "running", "running")
    settle = launcher._settle

    def settle_and_kill(*of):
        settle(*of)
        if not settled:
            kill(store, run, *SIDES)
            until_words(store, run, "interrupted", "interrupted")
        settled.append(of)

    monkeypatch.setattr(launcher, "_settle", settle_and_kill)
    until(lambda: {lost.side for lost in said(store, run, None, events.Lost)} == set(SIDES))


# The queue


def test_one_run_at_a_time_in_the_order_they_came(store, launch):
    launcher = launch()
    runs = [launcher.submit(short()) for _ in range(3)]
    for run in runs:
        until_words(store, run, "finished", "finished")
    for before, after in pairwise(runs):
        assert max(ended_at(store, before)) < min(launched_at(store, after))


def test_a_run_of_an_earlier_process_is_launched_by_whoever_takes_it_up(store, launch):
    runs = [store.create(short()) for _ in range(2)]
    launcher = launch(adopt=False)
    launcher.take_up(runs[1])
    until_words(store, runs[1], "finished", "finished")
    assert words(store, runs[0]) == ["queued", "queued"]


def test_two_runs_at_once_when_asked(store, launch):
    launcher = launch(runs_at_once=2)
    runs = [launcher.submit(endless(frameworks=["torch"])) for _ in range(3)]
    for run in runs[:2]:
        until_words(store, run, "running")
    assert words(store, runs[2]) == ["queued"]
    launcher.stop(runs[0])
    until_words(store, runs[2], "running")
    assert words(store, runs[1]) == ["running"]


def test_a_run_in_turn_is_alone_whatever_else_may_run_at_once(store, launch):
    launcher = launch(runs_at_once=3)
    first = launcher.submit(endless(frameworks=["torch"]))
    until_words(store, first, "running")
    alone = launcher.submit(endless(frameworks=["torch"], concurrency="in_turn"))
    later = launcher.submit(endless(frameworks=["torch"]))
    until(lambda: later in launcher._seen)
    assert words(store, alone) == words(store, later) == ["queued"]
    launcher.stop(first)
    until_words(store, alone, "running")
    assert words(store, later) == ["queued"]
    launcher.stop(alone)
    until_words(store, later, "running")


def test_a_race_starts_both_sides_at_once(store, launch):
    run = launch().submit(endless())
    until_words(store, run, "running", "running")
    assert [event.side for event in said(store, run, None, events.Launched)] == ["torch", "tensorflow"]


def test_in_turn_each_side_is_alone(store, launch):
    run = launch().submit(short(concurrency="in_turn"))
    until_words(store, run, "finished", "finished")
    assert ended_at(store, run)[0] < launched_at(store, run)[1]


def test_a_new_launcher_finds_what_was_queued_in_order(store, launch):
    """Within one second too, where ids say nothing."""
    runs = []
    for _ in range(4):
        runs.append(store.create(short(frameworks=["torch"])))
        time.sleep(0.02)  # more than a tick of the file system's clock
    launch()
    for run in runs:
        until_words(store, run, "finished")
    assert sorted(runs, key=lambda run: launched_at(store, run)) == runs


def test_a_run_that_another_process_queues_is_found(store, launch, looks):
    launch()
    until(lambda: looks, "a look")
    runs = [store.create(short(frameworks=["torch"])) for _ in range(2)]
    for run in runs:
        until_words(store, run, "finished")


def test_a_launcher_that_adopts_nothing_leaves_others_alone(store, launch):
    other = store.create(short(frameworks=["torch"]))
    run = launch(adopt=False).submit(short(frameworks=["torch"]))
    until_words(store, run, "finished")
    assert words(store, other) == ["queued"]


def test_a_queued_run_that_is_deleted_keeps_no_other_waiting(store, launch):
    launcher = launch()
    first, second, third = (launcher.submit(endless(frameworks=["torch"])) for _ in range(3))
    until_words(store, first, "running")
    trash.delete(store, second, 0.0)
    launcher.stop(first)
    until_words(store, third, "running")
    assert launcher.trouble == ""


def test_a_run_that_cannot_be_written_keeps_no_other_waiting(store, launch, monkeypatch):
    first = store.create(endless(frameworks=["torch"]))
    append = store.append

    def full(run, event):
        if run == first:
            raise StoreError("The disk is full.")
        append(run, event)

    monkeypatch.setattr(store, "append", full)
    launcher = launch(runs_at_once=2)
    second = launcher.submit(endless(frameworks=["torch"]))
    until_words(store, second, "running")
    until(lambda: launcher.trouble)
    assert launcher.trouble == f"The run {first} waits, because its folder has a problem: The disk is full."


def test_a_run_that_cannot_be_written_costs_few_processes(store, launch, looks, monkeypatch):
    started, take = [], workers.Workers.take
    monkeypatch.setattr(workers.Workers, "take", lambda *given: started.append(time.time()) or take(*given))
    run = store.create(endless(frameworks=["torch"]))

    def refuse(*_):
        raise StoreError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(store, "append", refuse)
        patch.setattr("engine.launcher.RETRY_SECONDS", 600.0)  # however slow the machine is
        launcher = launch()
        until(lambda: launcher.trouble)
        before = len(looks)
        until(lambda: len(looks) >= before + 10, "ten looks")
        assert len(started) == 1
        assert run in launcher.trouble
    until_words(store, run, "running")
    until(lambda: not launcher.trouble)


def test_an_error_that_lasts_is_printed_once(launch, monkeypatch, capsys):
    errors = ["one", "one", "one", "another", "another"]

    def fail(_):
        raise RuntimeError(errors.pop(0) if len(errors) > 1 else errors[0])

    monkeypatch.setattr(Launcher, "_pass", fail)
    launcher = launch()
    until(lambda: launcher.trouble.endswith("RuntimeError: another"))
    launcher.close()
    assert len(errors) == 1
    assert capsys.readouterr().err.count("Traceback") == 2


@pytest.mark.parametrize("record", ["[]", "{}", "null", "no JSON"])
def test_a_lock_file_of_another_kind_names_nobody(store, launch, record):
    launcher = launch()
    (store.root / ".lock").write_text(record)
    assert launcher.holder() == "another process"


# Commands


def test_pause_step_resume_and_stop(store, launch):
    launcher = launch()
    run = launcher.submit(endless())
    until_words(store, run, "running", "running")
    launcher.pause(run)
    until_words(store, run, "paused", "paused")
    reached = max(status.step for status in store.status(run).values())
    for more in (1, 2):
        launcher.step(run)
        until(lambda more=more: all(status.step == reached + more for status in store.status(run).values()))
        until_words(store, run, "paused", "paused")
    launcher.step(run)
    launcher.step(run)
    until(lambda: all(status.step == reached + 4 for status in store.status(run).values()))
    launcher.resume(run)
    until_step(store, run, "torch", reached + 10)
    until_step(store, run, "tensorflow", reached + 10)
    launcher.stop(run)
    until_words(store, run, "stopped", "stopped")
    for side in SIDES:
        assert said(store, run, side, events.Stopped)[0].step == len(losses(store, run, side))


def test_a_step_is_for_the_sides_that_still_train(store, launch):
    """In turn, the first side has done all its steps when the second is paused."""
    launcher = launch()
    run = launcher.submit(short(concurrency="in_turn", epochs=100))
    launcher.pause(run)
    until_words(store, run, "paused", "queued")
    launcher.resume(run)
    until(lambda: words(store, run)[0] == "finished")
    launcher.pause(run)
    until(lambda: words(store, run)[1] in ("paused", "finished"))
    before = store.status(run)["tensorflow"].step
    assert before < store.status(run)["torch"].step, "the pause came too late to show anything"
    launcher.step(run)
    until(lambda: store.status(run)["tensorflow"].step > before)
    until_words(store, run, "finished", "paused")
    assert store.status(run)["tensorflow"].step == before + 1


def test_stop_while_queued(store, launch):
    launcher = launch()
    first, second = (launcher.submit(endless()) for _ in range(2))
    until_words(store, first, "running", "running")
    launcher.stop(second)
    until_words(store, second, "stopped", "stopped")
    assert not launches(store, second)
    assert store.status(second)["torch"].detail == "Stopped before it began."
    assert words(store, first) == ["running", "running"]


@pytest.mark.parametrize(("slow", "word"), [("STAND_IN_IMPORT", "starting"), ("STAND_IN_COMPILE", "preparing")])
def test_stop_while_importing_or_compiling_kills(store, launch, monkeypatch, slow, word):
    monkeypatch.setenv(slow, "1000")
    launcher = launch()
    run = launcher.submit(endless())
    until_words(store, run, word, word)
    if slow == "STAND_IN_COMPILE":
        logs = [store.log(run, side).with_name("worker.log") for side in SIDES]
        until(lambda: all("compiling" in log.read_text() for log in logs))
    asked = time.monotonic()
    launcher.stop(run)
    until_words(store, run, "stopped", "stopped")
    assert time.monotonic() - asked < 10
    for side, launched in launches(store, run).items():
        until(lambda launched=launched: not system.is_alive(launched.pid, launched.process_start))
        assert store.status(run)[side].detail == f"Stopped while {word}."


def test_stop_while_paused(store, launch):
    launcher = launch()
    run = launcher.submit(endless())
    launcher.pause(run)
    until_words(store, run, "paused", "paused")
    launcher.stop(run)
    until_words(store, run, "stopped", "stopped")


def test_a_run_paused_while_queued_begins_paused(store, launch):
    run = store.create(endless(frameworks=["torch"]))
    control.write(store.folder(run), control.Command(paused=True))
    launch()
    until_words(store, run, "paused")
    assert store.status(run)["torch"].step == 0


def test_a_stopped_run_goes_on_when_resumed(store, launch):
    launcher = launch()
    run = launcher.submit(endless())
    until_words(store, run, "running", "running")
    launcher.stop(run)
    until_words(store, run, "stopped", "stopped")
    stopped = [losses(store, run, side) for side in SIDES]
    launcher.resume(run)
    for side, before in zip(SIDES, stopped, strict=True):
        until_step(store, run, side, len(before) + 50)
        assert losses(store, run, side)[: len(before)] == before
        assert said(store, run, side, events.Resumed)[0].from_step == len(before)
    ahead = min(len(losses(store, run, side)) for side in SIDES)
    assert losses(store, run, "torch")[:ahead] == losses(store, run, "tensorflow")[:ahead]


# Warm workers


def warm_pid(launcher, framework="torch"):
    return launcher._workers._idle[framework].pid


@pytest.fixture
def one_framework(monkeypatch):
    monkeypatch.setattr(workers, "FRAMEWORKS", ("torch",))


@pytest.mark.usefixtures("one_framework")
def test_a_warm_worker_takes_the_next_run_and_another_takes_its_place(store, launch):
    launcher = launch(warm=True)
    pid = until(lambda: launcher._workers._idle and warm_pid(launcher))
    run = launcher.submit(short(frameworks=["torch"]))
    until_words(store, run, "finished")
    launched = launches(store, run)["torch"]
    assert (launched.warm, launched.pid) == (True, pid)
    after = until(lambda: launcher._workers._idle and warm_pid(launcher))
    assert after != pid
    launcher.close()
    until(lambda: system.started_at(after) is None)


@pytest.mark.usefixtures("one_framework")
def test_no_warm_worker_with_another_environment(store, launch):
    launcher = launch(warm=True)
    pid = until(lambda: launcher._workers._idle and warm_pid(launcher))
    run = launcher.submit(short(frameworks=["torch"], threads=2))
    until_words(store, run, "finished")
    assert not launches(store, run)["torch"].warm
    assert system.started_at(pid) is None
    until(lambda: launcher._workers._idle)
    again = launcher.submit(short(frameworks=["torch"], threads=2))
    until_words(store, again, "finished")
    assert launches(store, again)["torch"].warm


@pytest.mark.usefixtures("one_framework")
def test_a_dead_idle_worker_is_not_started_again_and_again(store, launch):
    launcher = launch(warm=True)
    pid = until(lambda: launcher._workers._idle and warm_pid(launcher))
    system.kill(pid)
    until(lambda: system.started_at(pid) is None)
    for _ in range(20):
        launcher._pass()
    assert warm_pid(launcher) == pid
    run = launcher.submit(short(frameworks=["torch"]))
    until_words(store, run, "finished")
    assert not launches(store, run)["torch"].warm


def test_none_waits_while_a_run_is_active(store, launch):
    launcher = launch(warm=True)
    run = launcher.submit(endless())
    until_words(store, run, "running", "running")
    assert {worker.pid for worker in launcher._workers._idle.values()} == set()
    launcher.stop(run)
    until(lambda: len(launcher._workers._idle) == 2)


@pytest.mark.parametrize(
    ("threads", "device", "expected"),
    [(3, "cpu", {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "3"}), (1, "mps", {})],
)
def test_what_is_fixed_at_import(threads, device, expected):
    fixed = workers.settings(threads, device)
    assert expected.items() <= fixed.items()
    assert ("CUDA_VISIBLE_DEVICES" in fixed) == (device == "cpu")


# Two launchers


def test_the_second_looks_on_and_takes_over(store, launch):
    first = launch()
    second = launch()
    assert (first.leads, second.leads) == (True, False)
    assert second.holder() == f"process {os.getpid()} on {system.NAME}"
    run = second.submit(endless(frameworks=["torch"]))
    until_words(store, run, "running")
    assert len(said(store, run, None, events.Launched)) == 1
    second.pause(run)
    until_words(store, run, "paused")
    second.stop(run)
    until_words(store, run, "stopped")
    with pytest.raises(StoreError, match="resume the run there"):
        second.resume(run)
    first.close()
    until(lambda: second.leads)
    second.resume(run)
    until_words(store, run, "running")


def serve(store):
    """A server's process, ready."""
    command = [PYTHON, "-m", "tests.engine.serve", store.root]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"open\n"
    return process


def end(process):
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_workers_outlive_a_killed_server_and_the_next_one_adopts_them(store, launch):
    server = serve(store)
    run = store.create(endless(concurrency="in_turn"))
    until_words(store, run, "running", "queued")
    end(server)
    reached = store.status(run)["torch"].step
    until_step(store, run, "torch", reached + 10)
    launcher = launch()
    assert launcher.leads
    assert [event.side for event in said(store, run, None, events.Launched)] == ["torch"]
    kill(store, run, "torch")
    until_words(store, run, "interrupted", "running")
    assert (
        store.status(run)["torch"].detail
        == "Its process ended; another server had started it, so the reason is not known."
    )
    assert [event.side for event in said(store, run, None, events.Launched)] == ["torch", "tensorflow"]


def test_a_side_that_ended_while_no_launcher_watched_is_over(store, launch):
    run = store.create(short(frameworks=["torch"]))
    store.append(run, events.Launched("torch", 2**22 + 1, 1.0, system.HOST, False, 0, time.time()))
    with Log(store.log(run, "torch")) as log:
        log.append(events.Steps(0, (1.0,), 0.1))
    launch()
    until(lambda: said(store, run, None, events.Lost))
    assert words(store, run) == ["interrupted"]


# Names, and the trash


def test_a_run_is_named_by_who_leads(store, launch):
    run = stories.finished_run(store)
    leads, looks_on = launch(), launch()
    leads.label(run, "  baseline ", ("good", " good", "", "slow"), "A note.\n")
    (told,) = said(store, run, None, events.Labelled)
    assert (told.name, list(told.tags), told.note) == ("baseline", ["good", "slow"], "A note.")
    with pytest.raises(StoreError, match="are named by process"):
        looks_on.label(run, "other", (), "")


@pytest.mark.parametrize(
    ("name", "tags", "note", "words"),
    [
        ("x" * 81, (), "", "The name has 81 characters; allowed are at most 80."),
        ("", ("x" * 41,), "", "The longest tag has 41 characters"),
        ("", tuple(map(str, range(21))), "", "21 tags; allowed are at most 20"),
        ("", (), "x" * 4001, "The note has 4,001 characters"),
    ],
)
def test_a_label_has_limits(store, launch, name, tags, note, words):
    run = stories.finished_run(store)
    with pytest.raises(StoreError, match=words):
        launch().label(run, name, tags, note)
    assert said(store, run, None, events.Labelled) == []


def test_what_was_deleted_a_day_ago_is_removed_by_who_leads(store, launch):
    old, young = stories.finished_run(store), stories.finished_run(store)
    trash.delete(store, old, time.time() - trash.KEPT_SECONDS - 60)
    trash.delete(store, young, time.time())
    launch()
    until(lambda: [one.run for one in trash.deleted(store)] == [young])
