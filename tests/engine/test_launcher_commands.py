"""What a person asks of the launcher, with real worker processes: pause, step, resume and stop."""

import time

import pytest

from engine import control, events, system
from tests.engine.real_runs import endless, launches, losses, said, short, until, until_step, until_words, words

SIDES = ("torch", "tensorflow")


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
