"""The commands seeds and defaults, as a person or a script uses them: real processes, exit codes, one JSON object."""

import json

import pytest

from engine.experiments.experiment import load
from engine.runs import Store
from tests.engine.command_line import engine, here

TEACHER = ("--network", "simple_net", "--dataset", "teacher", "--epochs", 2)


def test_seeds_prints_one_json_object_and_keeps_the_experiment(tmp_path, capsys):
    answer = engine("seeds", *TEACHER, "--seed", 4, "--seeds", 2, "--json", "--store", tmp_path / "runs")
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert (found["kind"], found["seeds"], found["left_out"]) == ("seeds", [4, 5], [])
    assert all(set(run["sides"].values()) == {"finished"} for run in found["runs"])
    loss = found["metrics"]["validation_loss"]
    assert loss["n"] == 2
    assert loss["verdict"].startswith("the same, within ")  # matched by default
    assert len(load(Store(tmp_path / "runs"), found["experiment"]).members) == 2
    listed = json.loads(here(capsys, "runs", "list", "--json", "--store", tmp_path / "runs").stdout)
    assert {row["run"] for row in listed} == {run["run"] for run in found["runs"]}


def test_the_defaults_that_differ_are_listed_without_a_run(tmp_path, capsys):
    answer = here(capsys, "defaults", "--network", "lstm", "--list", "--json", "--store", tmp_path / "runs")
    assert answer.returncode == 0, answer.stderr
    names = [each["name"] for each in json.loads(answer.stdout) if each["matchable"]]
    assert names == ["initial_weights", "epsilon", "optimizer_equation", "lstm_bias"]
    assert not (tmp_path / "runs").exists()
    shown = engine("defaults", "--network", "lstm", "--list").stdout
    assert all(name in shown for name in (*names, "keras.optimizers.Adam(epsilon)"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("seeds", "--seeds", "1"), "seeds: 1 was given; allowed is a whole number, at least 2 and at most 100."),
        (("seeds", "--seeds", "x"), 'seeds: "x" was given'),
        (("seeds", "--frameworks", "torch"), "frameworks: "),
        (("defaults", "--epochs", "0"), "epochs: 0 was given"),
        (("defaults", "--set", "matched_defaults=rho"), "matched_defaults: "),
    ],
)
def test_a_bad_request_is_one_sentence(tmp_path, capsys, arguments, words):
    answer = here(capsys, *arguments, "--store", tmp_path / "runs")
    assert answer.returncode == 2
    assert answer.stderr.startswith(words)
    assert not (tmp_path / "runs").exists()
