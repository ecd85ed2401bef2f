"""Examinations with real frameworks in their own processes: results, stopping, damage, and the command line."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import system
from engine.bench import benchmark
from engine.charts import microscope, parity
from engine.config import ConfigError, RunConfig
from engine.examinations import examination
from engine.examinations.examination import EXAMINATION, Request
from engine.examinations.examined import read_microscope, read_parity
from engine.runs import Store, StoreError
from engine.tasks import task
from engine.tasks.task import TaskError
from tests import stories
from tests.engine.command_line import engine, here
from tests.engine.real_runs import until

SMALL = {"network": "mlp", "dataset": "iris", "seed": 5, "network_options": {"width": 8}}
FLAGS = ("--network", "mlp", "--dataset", "iris", "--seed", 5, "--set", "network_options.width=8")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with one result of each kind."""
    store = Store(tmp_path_factory.mktemp("store"))
    for kind in ("parity", "microscope"):
        request(kind).begin(store).wait()
    return store


def request(kind="parity", steps=12, **fields):
    return Request.build(kind, RunConfig.build(SMALL | fields), steps)


def test_parity_is_certified(store):
    found = read_parity(request().folder(store))
    assert found.passed
    assert [(check.steps, check.limit) for check in found.float64.checks] == [(10, 1e-13), (12, 1e-12)]
    assert 0 < found.float32.checks[0].difference < 1e-6
    assert set(found.float64.weights) == {"hidden1.weight", "hidden1.bias", "output.weight", "output.bias"}
    assert max(found.float64.weights.values()) < 1e-14
    assert 0 < max(found.float32.weights.values()) < 1e-5
    assert found.signs == 16 * 8
    assert parity.verdict_words(found).startswith("Certified: in float64 the losses agree to ")


def test_the_microscope_shows_every_layer(store):
    found = read_microscope(request("microscope").folder(store))
    assert found.divergence.rows[:3] == ("layer/hidden1", "layer/activation1", "layer/output")
    assert found.divergence.rows[3:] == tuple(
        f"gradient/{name}" for name in ("output.bias", "output.weight", "hidden1.bias", "hidden1.weight")
    )
    assert found.divergence.differences.shape == (7, 12)
    assert found.divergence.first_beyond(1e-4) is None
    assert 0 < found.divergence.largest().difference < 1e-4
    assert microscope.first_words(found, 1e-4).startswith("No layer differs by more than 0.0001 over 12 steps.")
    assert " in the " in microscope.first_words(found, 1e-12)


def test_only_the_result_is_kept(store):
    for kind in ("parity", "microscope"):
        folder = request(kind).folder(store)
        assert sorted(path.name for path in folder.iterdir()) == ["request.json", "tensorflow.npz", "torch.npz"]
    assert list((store.root / "drafts").iterdir()) == []


def test_what_does_not_matter_finds_the_same_result(store):
    same = request(frameworks=["torch"], concurrency="in_turn", precision="float64", histograms=False, snapshots=False)
    assert same.folder(store) == request().folder(store)
    assert request(seed=6).folder(store) != request().folder(store)
    assert request(steps=99).folder(store) == request().folder(store)


def test_stopping_kills_both_sides(tmp_path):
    begun = request(steps=1000).begin(Store(tmp_path))
    until(lambda: len(begun._processes) == 2, "a process of each side")
    processes = [(process.pid, system.started_at(process.pid) or 0.0) for process in list(begun._processes.values())]
    assert all(system.is_alive(*process) for process in processes)
    begun.stop()
    assert [system.started_at(pid) for pid, _ in processes] == [None, None]
    with pytest.raises(TaskError, match="was stopped"):
        begun.wait()
    assert not list(tmp_path.glob("examinations/*")) + list(tmp_path.glob("drafts/*"))


def test_an_examination_has_a_time_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(task, "LIMIT_SECONDS", 0.2)
    with pytest.raises(TaskError, match="took over 0 s"):
        request().begin(Store(tmp_path)).wait()


def test_a_side_that_fails_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(Request, "jobs", lambda self: [{"name": "x", "config": {"network": "nothing"}, "steps": 1}])
    with pytest.raises(TaskError, match=r"could not be examined: .*nothing"):
        request().begin(Store(tmp_path)).wait()


def test_a_watcher_that_breaks_leaves_a_verdict_and_nothing_else(tmp_path, monkeypatch):
    looks = []

    def gone_at_the_second_look(store):
        looks.append(store)
        if len(looks) > 1:
            raise StoreError("The store is gone.")
        return ""

    monkeypatch.setattr(task, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(examination, "EXAMINATION", replace(EXAMINATION, hindrance=gone_at_the_second_look))
    begun = request(steps=1000).begin(Store(tmp_path))
    with pytest.raises(TaskError, match="because of the store: The store is gone"):
        begun.wait()
    assert all(process.poll() is not None for process in begun._processes.values())
    assert not list(tmp_path.glob("examinations/*")) + list(tmp_path.glob("drafts/*"))


def test_what_a_killed_examination_left_is_swept_away(tmp_path):
    old, young = (tmp_path / f"drafts/examination.{number}" for number in (1, 2))
    for draft in (old, young):
        draft.mkdir(parents=True)
        (draft / "torch.log").write_text("")
    os.utime(old, (0, 0))
    request().begin(Store(tmp_path)).stop()
    assert (old.exists(), young.exists()) == (False, True)


def test_a_run_that_goes_on_is_looked_at_after_the_step_that_was_asked_for(tmp_path):
    store = Store(tmp_path)
    run = stories.new_run(store, network="mlp")
    for side in ("torch", "tensorflow"):
        (store.folder(run) / side / "checkpoint-000000000003.safetensors").write_bytes(b"")
    begun = Request.build("microscope", RunConfig.build(SMALL), 3, run).begin(store)
    for side in ("torch", "tensorflow"):
        (store.folder(run) / side / "checkpoint-000000000003.safetensors").unlink()
        (store.folder(run) / side / "checkpoint-000000000004.safetensors").write_bytes(b"")
    with pytest.raises(TaskError, match=r"(PyTorch|TensorFlow) .*has been replaced by a newer one meanwhile"):
        begun.wait()


def test_a_run_in_turn_has_the_machine_to_itself(tmp_path, monkeypatch):
    store = Store(tmp_path)
    monkeypatch.setattr(task, "LOOK_SECONDS", 0.1)
    begun = request(steps=1000).begin(store)
    run = stories.new_run(store, network="mlp", concurrency="in_turn")
    stories.launch(store, run, "torch")
    with pytest.raises(TaskError, match="trains in turn, and its speed counts, so"):
        begun.wait()
    with pytest.raises(TaskError, match="trains in turn"):
        request().begin(store)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("torch.npz", b"half a", "is damaged"),
        ("torch.npz", b"", "is damaged"),
        ("request.json", b"{", "is damaged"),
        ("request.json", b"[]", "is damaged"),
        ("request.json", b'{"schema": 99}', "of another version"),
        ("tensorflow.npz", None, "lacks a file"),
    ],
)
def test_a_damaged_result_is_one_sentence(store, tmp_path, file, content, said):
    for path in request().folder(store).iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_bytes(content)
    for read in (read_parity, read_microscope):
        with pytest.raises(TaskError, match=said) as raised:
            read(tmp_path)
        assert str(raised.value).endswith("examine again.")
        assert "\n" not in str(raised.value)


def test_a_result_without_an_array_is_damaged(store, tmp_path):
    for path in request().folder(store).iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    np.savez(tmp_path / "torch.npz", nothing=np.ones(3))
    with pytest.raises(TaskError, match="is damaged"):
        read_parity(tmp_path)


def test_no_result_is_none(tmp_path):
    assert read_parity(tmp_path / "nothing") is None


@pytest.mark.parametrize(
    ("kind", "steps", "fields"),
    [
        ("parity", 10, {"policy": "defaults"}),
        ("parity", 1001, {}),
        ("microscope", 201, {}),
        ("microscope", 0, {}),
        ("microscope", 10, {"precision": "mixed_bfloat16"}),
    ],
)
def test_what_cannot_be_examined_is_refused(kind, steps, fields):
    with pytest.raises(ConfigError):
        request(kind, steps, **fields)


def test_parity_on_the_command_line(tmp_path, capsys):
    answer = engine("parity", *FLAGS, "--steps", 11, "--json", "--store", tmp_path)
    found = json.loads(answer.stdout)
    assert (answer.returncode, found["passed"], found["float64"]["steps"]) == (0, True, 11)
    assert here(capsys, "parity", "--set", "policy=defaults", "--store", tmp_path).returncode == 2
    assert here(capsys, "parity", "20200101-000000-mlp-000000", "--store", tmp_path).returncode == 2


def test_parity_that_fails_exits_with_1(tmp_path):
    """A learning rate at which an LSTM on a sine enlarges rounding a thousandfold in a few steps."""
    hard = ("--network", "gru", "--dataset", "sine", "--seed", 7, "--set", "learning_rate=0.02")
    answer = engine("parity", *hard, "--steps", 100, "--store", tmp_path)
    assert answer.returncode == 1, answer.stdout
    assert "Not certified: in float64" in answer.stdout
    assert "enlarges rounding" in " ".join(answer.stdout.split())


def test_a_saved_run_is_looked_at_from_its_last_checkpoint(tmp_path, capsys):
    trained = engine("train", *FLAGS, "--epochs", 2, "--json", "--store", tmp_path)
    run = json.loads(trained.stdout)["run"]
    answer = engine("microscope", run, "--after", "--steps", 3, "--tolerance", 1e-12, "--json", "--store", tmp_path)
    found = json.loads(answer.stdout)
    assert (answer.returncode, found["first"]["step"]) == (1, 16)
    answer = engine("microscope", run, "--steps", 3, "--store", tmp_path)
    assert answer.returncode == 0
    assert "No layer differs" in answer.stdout
    (next((tmp_path / run / "torch").glob("checkpoint-*"))).unlink()
    refused = here(capsys, "microscope", run, "--after", "--store", tmp_path)
    assert refused.returncode == 2
    assert "no checkpoint after the same step" in " ".join(refused.stderr.split())


def test_a_wrong_request_on_the_command_line_is_one_sentence(tmp_path, capsys):
    for wrong in (["--after"], ["--tolerance", "0"], ["--tolerance", "nan"], ["--steps", "0"]):
        answer = here(capsys, "microscope", *FLAGS, *wrong, "--store", tmp_path)
        assert answer.returncode == 2
        assert "allowed is" in " ".join(answer.stderr.split())


def test_nothing_is_examined_while_a_benchmark_is_measured(tmp_path: Path) -> None:
    store = Store(tmp_path)
    name = benchmark.create(store, benchmark.comparison(RunConfig.build({})))
    with (benchmark.folder(store, name) / "measurements.jsonl").open("w", encoding="utf-8") as file:
        file.write('{"type": "machine"}\n')
    with pytest.raises(TaskError, match=name):
        Request.build("parity", RunConfig.build({}), 5).begin(store)
