"""The command line, as a person or a script uses it: real processes, exit codes, one JSON object."""

import json
import subprocess
from pathlib import Path

import pytest

from engine.__main__ import _parser
from engine.config import RunConfig
from engine.runs import Store
from tests.engine.command_line import engine, here


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A store with one finished run, and what the command said."""
    store = tmp_path_factory.mktemp("store") / "runs"
    answer = engine(
        *("train", "--network", "mlp", "--dataset", "digits", "--epochs", 2, "--seed", 7),
        *("--set", "learning_rate=0.01", "--set", "device.torch=cpu", "--json", "--store", store),
    )
    assert answer.returncode == 0, answer.stderr
    return store, answer


def test_the_store_is_that_of_the_server_unless_a_flag_names_another(capsys, monkeypatch, tmp_path):
    run = Store(tmp_path / "named").create(RunConfig.build({}))
    monkeypatch.setenv("TANDEM_STORE", str(tmp_path / "named"))
    assert run in here(capsys, "runs", "list", "--json").stdout
    assert run not in here(capsys, "runs", "list", "--json", "--store", tmp_path / "other").stdout
    monkeypatch.delenv("TANDEM_STORE")
    assert _parser().parse_args(["devices"]).store == Path("runs")


def test_train_prints_one_json_object(trained):
    found = json.loads(trained[1].stdout)
    assert set(found["sides"]) == {"torch", "tensorflow"}
    for side in found["sides"].values():
        assert side["status"] == "finished"
        assert side["steps"] == 90
        assert side["steps_per_second"] > 0
        assert 0 < side["final"]["train_loss"] < 2.3
        assert 0 < side["final"]["validation_loss"] < 2.3
        assert 0.5 < side["final"]["validation_accuracy"] <= 1
    assert found["parity"]["steps_compared"] == 90
    assert 0 < found["parity"]["max_rel_loss_difference"] < 1e-3
    assert found["timing"] == "race"


def test_the_certificate_of_a_race_vouches_for_the_curves_and_not_for_the_speed(trained):
    run = json.loads(trained[1].stdout)["run"]
    answer = engine("certificate", run, "--store", trained[0], "--json")
    assert answer.returncode == 1, answer.stderr
    told = json.loads(answer.stdout)
    assert [one["name"] for one in told["controls"] if one["verdict"] != "pass"] == ["One at a time"]
    assert told["claims"]["curves"]["verdict"] == "comparable"
    shown = engine("certificate", run, "--store", trained[0]).stdout
    assert "Speed: not comparable, because both sides trained at the same time." in shown
    assert engine("certificate", "nothing", "--store", trained[0]).returncode == 2


def test_runs_are_listed_shown_and_deleted(trained, tmp_path):
    run = json.loads(trained[1].stdout)["run"]
    listed = json.loads(engine("runs", "list", "--json", "--store", trained[0]).stdout)
    assert [row["run"] for row in listed] == [run]
    assert run in engine("runs", "list", "--store", trained[0]).stdout
    shown = json.loads(engine("runs", "show", run, "--store", trained[0]).stdout)
    assert shown["config"]["learning_rate"] == 0.01
    assert shown["sides"] == json.loads(trained[1].stdout)["sides"]
    copy = tmp_path / "runs"
    subprocess.run(["cp", "-r", trained[0], copy], check=True)
    assert engine("runs", "delete", run, "--store", copy).returncode == 0
    assert json.loads(engine("runs", "list", "--json", "--store", copy).stdout) == []


def test_the_default_dataset_may_be_left_out(tmp_path):
    answer = engine("train", "--network", "simple_net", "--frameworks", "torch", "--json", "--store", tmp_path)
    found = json.loads(answer.stdout)
    assert (answer.returncode, found["sides"]["torch"]["steps"], found["parity"]) == (0, 1, None)
    assert found["sides"]["torch"]["final"]["validation_loss"] is None


def test_a_table_is_printed_without_json(tmp_path):
    answer = engine("train", "--network", "simple_net", "--frameworks", "torch", "--store", tmp_path)
    assert answer.returncode == 0
    assert "train loss" in answer.stdout
    assert "finished" in answer.stdout


def test_a_diverged_side_is_a_failure_with_its_step(tmp_path):
    answer = engine(
        *("train", "--network", "simple_net", "--dataset", "teacher", "--frameworks", "torch"),
        *("--set", "learning_rate=1000", "--json", "--store", tmp_path),
    )
    side = json.loads(answer.stdout)["sides"]["torch"]
    assert (answer.returncode, side["status"], side["final"]["train_loss"]) == (1, "diverged", None)
    assert f"step {side['steps'] - 1}" in side["detail"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--epochs", "0"], "epochs: 0 was given"),
        (["--epochs", "many"], 'epochs: "many" was given'),
        (["--network", "perceptron"], 'network: "perceptron" was given; allowed is mlp, simple_net, plain_mlp'),
        (["--dataset", "sine"], 'dataset: "sine" was given; allowed is digits, moons'),
        (["--frameworks", "torch,jax"], '"jax" was given'),
        (["--set", "learning_rate"], '"learning_rate" was given; allowed is field=value'),
        (["--set", "learning_rat=1"], "learning_rat: there is no such field"),
        (["--set", "device.torch=cuda:0", "--frameworks", "torch"], 'device.torch: "cuda:0" was given'),
        (["--set", "device=cpu", "--set", "device.torch=gpu"], 'device.torch: "gpu" was given'),
    ],
)
def test_a_bad_request_is_a_sentence_and_nothing_starts(tmp_path, capsys, arguments, sentence):
    answer = here(capsys, "train", *arguments, "--json", "--store", tmp_path / "runs")
    assert answer.returncode == 2
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("action", ["show", "stop", "delete"])
@pytest.mark.parametrize("run", ["../../etc", "20260101-000000-mlp-000000", ""])
def test_an_unknown_run_is_a_sentence(tmp_path, capsys, action, run):
    answer = here(capsys, "runs", action, run, "--store", tmp_path)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_an_unusable_store_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    answer = engine("train", "--network", "simple_net", "--store", tmp_path / "file" / "runs")
    assert answer.returncode == 2
    assert "cannot be used" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_devices_name_the_cpu_of_both():
    found = json.loads(engine("devices", "--json").stdout)
    assert {framework: devices[0]["name"] for framework, devices in found.items()} == {
        "torch": "cpu",
        "tensorflow": "cpu",
    }
