"""The command sweep, as a person or a script uses it: real processes, exit codes, one JSON object."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from engine import system
from engine.__main__ import main
from engine.runs import Store
from engine.store import trash
from engine.sweeps import sweep_store
from engine.sweeps.results import results
from tests.engine.command_line import ROOT, engine
from tests.engine.real_runs import PATIENCE, end_all, until
from tests.sweep_stories import finished, plan

TEACHER = ("--network", "simple_net", "--dataset", "teacher", "--epochs", 2)
RATE = ("--set", "learning_rate=0.001,0.01")


def test_a_sweep_prints_one_json_object_and_keeps_everything(tmp_path, capsys):
    store = tmp_path / "runs"
    answer = engine("sweep", *TEACHER, *RATE, "--sampler", "grid", "--seeds", 2, "--json", "--store", store)
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert (found["word"], [trial["word"] for trial in found["trials"]]) == ("finished", ["finished"] * 2)
    assert {trial["setting"]["learning_rate"] for trial in found["trials"]} == {0.001, 0.01}
    assert found["plan"]["config"]["policy"] == "defaults"
    assert len(found["repeats"]) == 4
    assert set(found["answer"]["fields"]) == {"learning_rate"}
    assert set(found["best"]) == {"torch", "tensorflow"}
    assert len(Store(store).runs()) == 6
    assert json.loads(said(capsys, "show", found["sweep"], "--json", store=store)[1]) == found
    assert json.loads(said(capsys, "list", "--json", store=store)[1]) == [{"sweep": found["sweep"], "word": "finished"}]


def test_interrupted_it_is_paused_and_resume_goes_on(tmp_path):
    store = Store(tmp_path / "runs")
    arguments = ("sweep", *TEACHER, "--set", "learning_rate=0.1,0.01", "--sampler", "grid", "--seeds", 0)
    command = [sys.executable, "-m", "engine", *map(str, arguments), "--store", str(store.root)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    )
    try:
        until(lambda: store.runs(), "the first trial")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
        (name,) = sweep_store.sweeps(store)
        assert process.returncode == 130
        assert f"python -m engine sweep resume {name}" in said
        assert sweep_store.word(store, name) == "paused"
        answer = engine("sweep", "resume", name, "--store", store.root)
        assert answer.returncode == 0, answer.stderr
        assert [trial.word for trial in results(store, name).trials] == ["finished"] * 2
        assert len(store.runs()) == 2
    finally:
        end_all(store)


def heed_interrupts():
    """As at a terminal, also where the tests themselves were started in the background, which ignores Ctrl+C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def said(capsys, *arguments, store):
    code = main(["sweep", *map(str, arguments), "--store", str(store)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--set: nothing was given; allowed is at least one field with several values or a range"),
        (("--set", "learning_rate=log:0.1:0.001"), "learning_rate: "),
        (("--set", "batch_size"), '--set: "batch_size" was given; allowed is field=value.'),
        ((*RATE, "--trials", "0"), "trials: 0 was given"),
        ((*RATE, "--trials", "-3"), "trials: -3 was given"),
        ((*RATE, "--trials", "many"), 'trials: "many" was given; allowed is a whole number.'),
        ((*RATE, "--sampler", "x"), 'sampler: "x" was given'),
        ((*RATE, "--network", "lenet", "--dataset", "iris"), 'dataset: "iris" was given'),
        (("begin", "it"), ""),
        (("run", "it"), 'sweep: "it" was given'),
        (("resume",), "sweep resume needs the id of a sweep"),
        (("stop", "20200101-000000-mlp-abcdef"), "There is no sweep '20200101-000000-mlp-abcdef'"),
    ],
)
def test_a_bad_request_is_one_sentence_and_nothing_starts(tmp_path, capsys, arguments, words):
    if not words:
        with pytest.raises(SystemExit):
            said(capsys, *arguments, store=tmp_path / "runs")
        return
    code, out, err = said(capsys, *arguments, store=tmp_path / "runs")
    assert (code, out) == (2, "")
    assert err.startswith(words)
    assert not (tmp_path / "runs").exists()


def test_what_was_found_is_printed_for_a_person(tmp_path, capsys):
    store = Store(tmp_path / "runs")
    name = finished(store, texts={"learning_rate": "0.005,0.01,0.02"}, sampler="grid", trials=None, seeds=4)
    code, out, _ = said(capsys, "show", name, store=store.root)
    assert code == 0
    assert "Does the best learning rate differ between the frameworks?" in out
    assert "Yes: PyTorch's is 0.01, TensorFlow's 0.02." in out
    assert "Trials: 3 finished." in out


def test_a_sweep_that_has_ended_can_be_deleted_and_not_resumed(tmp_path, capsys):
    store = Store(tmp_path / "runs")
    name = finished(store)
    for action in ("resume", "pause", "stop"):
        code, _, err = said(capsys, action, name, store=store.root)
        assert (code, err) == (2, f"The sweep {name} has ended.\n")
    assert said(capsys, "delete", name, store=store.root)[0] == 0
    assert sweep_store.sweeps(store) == []
    assert os.listdir(store.root / "sweeps") == []


def test_a_trial_whose_run_was_deleted_is_told_to_be_gone(tmp_path, capsys):
    store = Store(tmp_path / "runs")
    name = finished(store, texts={"learning_rate": "0.005,0.01,0.02"}, sampler="grid", trials=None, seeds=0)
    best = next(trial for trial in results(store, name).trials if trial.setting["learning_rate"] == 0.01)
    trash.delete(store, best.run, time.time())
    gone = next(trial for trial in results(store, name).trials if trial.number == best.number)
    assert (gone.word, gone.reason) == ("gone", "Its run was deleted, or cannot be read: its results count no more.")
    assert "Trials: 2 finished, 1 results gone." in said(capsys, "show", name, store=store.root)[1]
    trash.restore(store, best.run)
    assert results(store, name).trials[best.number].word == "finished"


def test_a_sweep_that_nothing_carries_out_is_told_so(tmp_path, capsys):
    store = Store(tmp_path / "runs")
    store.root.mkdir()
    name = sweep_store.create(store, plan())
    again = f"python -m engine sweep resume {name} --store {store.root}"
    assert f"Nothing carries it out now. Go on with: {again}" in said(capsys, "show", name, store=store.root)[1]
    assert said(capsys, "list", store=store.root)[1] == f"{name}  running (nothing carries it out now)\n"
    lock = system.Lock(store.root / ".lock")
    assert lock.acquire()
    assert said(capsys, "list", store=store.root)[1] == f"{name}  running\n"
    lock.release()


def test_a_field_that_is_set_twice_is_refused(tmp_path, capsys):
    twice = ("run", "--set", "learning_rate=0.1,0.2", "--set", "epochs=2", "--set", "epochs=3")
    code, _, err = said(capsys, *twice, store=tmp_path / "runs")
    assert code == 2
    assert err.startswith('epochs: "2 and 3" was given; allowed is one value')
