"""Sweeps with real processes: workers, a launcher and a driver, of which each is killed."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine import control, events, system
from engine.bench import benchmark
from engine.config import RunConfig
from engine.sweeps import sweep_store
from engine.sweeps.queued import Sweeps
from engine.sweeps.results import results
from tests.engine.real_runs import kill, said, until, words
from tests.sweep_stories import plan

PYTHON = sys.executable  # before a test puts the stand-in there
ROOT = Path(__file__).parents[2]
TEXTS = {"network": "simple_net", "dataset": "teacher", "epochs": "3", "learning_rate": "log:1e-4:1e-2"}


def serve(store):
    command = [sys.executable, "-m", "tests.engine.serve_sweeps", str(store.root)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "open\n"
    return process


def over(store, name):
    return sum(trial.word == "finished" for trial in results(store, name).trials)


def test_servers_that_are_killed_again_and_again_carry_a_sweep_to_its_end(store):
    name = sweep_store.create(store, plan(TEXTS, trials=5, seeds=2))
    for finished in (1, 3):
        process = serve(store)
        until(lambda finished=finished: over(store, name) >= finished, f"{finished} trials")
        process.kill()
        process.wait()
    process = serve(store)
    until(lambda: sweep_store.word(store, name) == "finished", "the end")
    process.communicate("")
    found = results(store, name)
    assert [trial.word for trial in found.trials] == ["finished"] * 5
    assert len(found.repeats) == 2 * len(found.candidates)
    assert sorted(store.runs()) == sorted([trial.run for trial in found.trials] + list(found.runs.values()))


@pytest.fixture
def driven(launcher):
    """A launcher and a driver in this process."""
    sweeps = Sweeps(launcher)
    sweeps.open()
    yield launcher
    sweeps.close()


def test_a_worker_that_is_killed_goes_on_from_its_checkpoint(store, driven, monkeypatch):
    monkeypatch.setenv("STAND_IN_STEP", "0.01")
    name = sweep_store.create(store, plan(TEXTS, trials=1))
    run = until(lambda: next((trial.run for trial in results(store, name).trials if trial.run), ""))
    until(lambda: all(status.word == "running" for status in store.status(run).values()), "both sides")
    kill(store, run, "torch")
    until(lambda: sweep_store.word(store, name) == "finished", "the end")
    assert words(store, run) == ["finished", "finished"]
    assert [trial.word for trial in results(store, name).trials] == ["finished"]


def test_stop_ends_a_trial_that_trains(store, driven):
    name = sweep_store.create(store, plan({**TEXTS, "epochs": "1000000"}, trials=3))
    run = until(lambda: next((trial.run for trial in results(store, name).trials if trial.run), ""))
    until(lambda: words(store, run) == ["running", "running"], "both sides")
    sweep_store.ask(store, name, control.STOP)
    until(lambda: sweep_store.word(store, name) == "stopped", "the end")
    assert words(store, run) == ["stopped", "stopped"]
    assert len(store.runs()) == 1


def test_while_a_benchmark_is_measured_no_trial_begins(store, driven):
    measured = benchmark.create(store, benchmark.comparison(RunConfig.build({"policy": "defaults"})))
    driver = subprocess.Popen([PYTHON, "-c", "input()"], stdin=subprocess.PIPE)
    begun = {"pid": driver.pid, "process_start": system.started_at(driver.pid), "host": system.HOST}
    (benchmark.folder(store, measured) / "driver.json").write_text(json.dumps(begun))
    name = sweep_store.create(store, plan(TEXTS, trials=1))
    run = until(lambda: next((trial.run for trial in results(store, name).trials if trial.run), ""))
    assert words(store, run) == ["queued", "queued"]
    ended = time.time()
    driver.communicate(b"\n")
    until(lambda: sweep_store.word(store, name) == "finished", "the end")
    assert all(launched.time > ended for launched in said(store, run, None, events.Launched))
