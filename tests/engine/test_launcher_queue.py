"""The queue with real worker processes: which run comes when, in a race and in turn, and what keeps none waiting."""

import time
from itertools import pairwise

import pytest

from engine import events, workers
from engine.launcher import Launcher
from engine.runs import StoreError
from engine.store import trash
from tests.engine.real_runs import endless, said, short, until, until_words, words


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
