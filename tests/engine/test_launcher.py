"""The launcher with real worker processes: what dies, two on one store, and who names and removes runs."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine import events, system
from engine.logs import Log
from engine.runs import StoreError
from engine.store import trash
from tests import stories
from tests.engine.real_runs import endless, kill, said, short, until, until_step, until_words, words

SIDES = ("torch", "tensorflow")
PYTHON = sys.executable  # before a test puts the stand-in there
ROOT = Path(__file__).parents[2]


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
