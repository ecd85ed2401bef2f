"""Experiments: their files, their runs in a real queue with stand-in workers, and what is read from them."""

import json

import numpy as np
import pytest

from engine import events
from engine.config import ConfigError, RunConfig
from engine.experiments import experiment
from engine.experiments.experiment import Experiment, Member, create, delete, load, newest, planned, statuses, stop
from engine.experiments.outcomes import outcomes, summary
from engine.fairness.defaults import matchable
from engine.runs import StoreError
from engine.store import trash
from tests import stories
from tests.engine.real_runs import TEACHER, endless, short, until

ACCURACIES = {0: (0.90, 0.9199), 1: (0.91, 0.93), 2: (0.90, 0.9201)}  # by seed: PyTorch's and TensorFlow's


def finished(store, kind="seeds", seeds=3, accuracies=ACCURACIES, **fields):
    made = create(store, store.create, kind, RunConfig.build({"epochs": 2, **fields}), seeds)
    for member in made.members:
        stories.finish(store, member.run, accuracies[member.seed])
    return made


# Files


def test_an_experiment_is_one_small_file(store):
    made = create(store, store.create, "seeds", short(), 3)
    assert load(store, made.id) == made
    assert [member.seed for member in made.members] == [7, 8, 9]
    assert [store.config(member.run).seed for member in made.members] == [7, 8, 9]
    (path,) = (store.root / "experiments").iterdir()
    assert set(json.loads(path.read_text())) == {"schema", "kind", "config", "runs"}
    assert set(store.runs()) == {member.run for member in made.members}


def test_flips_come_seed_by_seed():
    config = RunConfig.build({"network": "lstm", "seed": 4})
    flips = ["", *matchable(config), "all"]
    plan = planned("defaults", config, 2)
    assert [(seed, flip) for seed, flip, _ in plan] == [(seed, flip) for seed in (4, 5) for flip in flips]
    assert {each.policy for _, _, each in plan} == {"defaults"}
    assert [each.matched_defaults for _, _, each in plan[: len(flips)]] == [
        (), *((name,) for name in flips[1:-1]), matchable(config)
    ]  # fmt: skip
    assert all(RunConfig.from_json(each.to_json()) == each for _, _, each in plan)


@pytest.mark.parametrize(
    ("fields", "seeds", "field"),
    [
        ({}, 1, "seeds"),
        ({}, 101, "seeds"),
        ({}, True, "seeds"),
        ({"frameworks": ["torch"]}, 3, "frameworks"),
        ({"seed": 2**32 - 2}, 3, "seed"),
    ],
)
def test_what_cannot_be_an_experiment(store, fields, seeds, field):
    with pytest.raises(ConfigError) as caught:
        create(store, store.create, "seeds", RunConfig.build(fields), seeds)
    assert caught.value.problems[0].field == field
    assert store.runs() == []
    assert experiment.experiments(store) == []


def test_the_newest_for_a_config_is_found_whatever_its_seed(store):
    config = short()
    assert newest(store, "seeds", config) is None
    first = create(store, store.create, "seeds", config, 2)
    later = Experiment(first.id.replace(first.id[:4], "2999"), "seeds", first.config, first.members)
    (store.root / f"experiments/{later.id}.json").write_text(later.to_json())
    assert newest(store, "seeds", short(seed=99)) == later
    assert newest(store, "defaults", config) is None
    assert newest(store, "seeds", short(epochs=3)) is None
    (store.root / f"experiments/{later.id}.json").write_text("{")
    assert newest(store, "seeds", config) == first


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"schema": 2}', "[" * 100_000,
     '{"schema": 1, "kind": "seeds", "runs": [], "config": {}}',
     '{"schema": 1, "kind": "seeds", "runs": [{"run": "../x", "seed": 0, "flip": ""}], "config": {}}',
     '{"schema": 1, "kind": "other", "runs": [1], "config": {}}'],
)  # fmt: skip
def test_a_damaged_file_is_one_sentence(store, text):
    made = create(store, store.create, "seeds", short(), 2)
    (store.root / f"experiments/{made.id}.json").write_text(text)
    with pytest.raises(StoreError, match=rf"^The experiment {made.id} cannot be read, because its file is damaged: "):
        load(store, made.id)
    assert newest(store, "seeds", short()) is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "nothing", "20200101-000000-seeds-mlp-abcdef", "x" * 5000])
def test_an_unknown_experiment_is_one_sentence(store, name):
    for ask in (load, delete):
        with pytest.raises(StoreError, match="There is no experiment"):
            ask(store, name)


def test_foreign_files_are_no_experiments(store):
    made = create(store, store.create, "seeds", short(), 2)
    for name in ("notes.txt", "other.json", ".draft.json"):
        (store.root / "experiments" / name).write_text("x")
    assert experiment.experiments(store) == [made.id]


def test_to_delete_one_keeps_its_runs(store):
    made = create(store, store.create, "seeds", short(), 2)
    delete(store, made.id)
    assert experiment.experiments(store) == []
    assert len(store.runs()) == 2


def test_what_was_queued_before_a_refusal_is_stopped(store):
    queued = []

    def submit(config):
        if len(queued) == 2:
            raise StoreError("The disk is full.")
        queued.append(store.create(config))
        return queued[-1]

    with pytest.raises(StoreError, match="The disk is full"):
        create(store, submit, "seeds", short(), 3)
    assert all(json.loads((store.folder(run) / "control.json").read_text())["stop"] for run in queued)
    assert experiment.experiments(store) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(store):
    (store.root / "experiments").write_text("in the way")
    with pytest.raises(StoreError, match="could not be written"):
        create(store, store.create, "seeds", short(), 2)


# Runs


def test_the_queue_trains_them_seed_by_seed(store, launcher):
    made = create(store, launcher.submit, "seeds", short(), 3)
    until(lambda: outcomes(store, made).ended == 3)
    found = outcomes(store, made)
    assert len(found.finished) == 3
    began = [store.read(member.run)[0][0].time for member in made.members]
    assert began == sorted(began)
    assert found.comparison("validation_loss").winner == "same"  # the stand-in is one model on both sides


def test_stop_ends_them_all(store, launcher):
    made = create(store, launcher.submit, "seeds", endless(), 3)
    until(lambda: any(side.word == "running" for side in statuses(store, made)[made.members[0].run].values()))
    stop(store, made, launcher.stop)
    until(lambda: outcomes(store, made).ended == 3)
    found = outcomes(store, made)
    assert found.finished == {}
    assert found.left_out()[1] == "seed 8: PyTorch stopped and TensorFlow stopped"
    assert all(not store.read(member.run, "torch")[0] for member in made.members[1:])


# What is read from them


def test_a_comparison_is_paired_by_seed(store):
    found = outcomes(store, finished(store))
    assert found.metrics[:2] == ["validation_accuracy", "validation_loss"]
    compared = found.comparison("validation_accuracy")
    assert compared.found.mean == pytest.approx(0.02)
    assert (compared.winner, compared.n) == ("tensorflow", 3)
    assert summary(found)["metrics"]["validation_accuracy"]["verdict"] == "TensorFlow 2.0 points better [2.0, 2.0]"
    json.dumps(summary(found), allow_nan=False)


def test_a_run_that_is_gone_or_did_not_finish_is_left_out(store):
    made = finished(store)
    trash.delete(store, made.members[0].run, 0.0)
    stories.tell(store, made.members[1].run, "torch", [events.Diverged(5, 1.0)])
    found = outcomes(store, made)
    assert found.left_out() == ["seed 0: the run is gone", "seed 1: PyTorch diverged"]
    assert found.comparison("validation_accuracy").n == 1
    assert (found.ended, summary(found)["metrics"]["validation_loss"]["verdict"]) == (3, "1 seed cannot tell")


def test_a_metric_that_is_not_finite_is_left_out(store):
    made = finished(store)
    stories.tell(store, made.members[0].run, "torch", [stories.epoch(3, None, None), events.Finished(9, "", 1.0)])
    assert outcomes(store, made).left_out() == ["seed 0: a metric was not finite"]


def test_an_experiment_that_has_not_begun_has_nothing_to_tell(store):
    found = outcomes(store, create(store, store.create, "defaults", short(), 2))
    assert (found.ended, found.metrics, found.left_out()) == (0, [], [])
    assert "effects" not in summary(found)


def test_curves_are_by_epoch(store):
    found = outcomes(store, finished(store)).of()[0]
    epochs, values = found.curves["torch"]["train_loss"]
    assert epochs.tolist() == [1, 2]
    assert values == pytest.approx([np.mean([2.0, 1.5, 1.25]), np.mean([1.0, 0.75, 0.5])])
    assert found.curves["tensorflow"]["validation_accuracy"][0].tolist() == [1, 2]


def test_an_effect_is_the_change_of_the_distance(store):
    made = create(store, store.create, "defaults", RunConfig.build({"epochs": 2}), 3)
    for member in made.members:
        first, second = ACCURACIES[member.seed]
        shift = {"all": first - second, "epsilon": (first - second) / 2}.get(member.flip, 0.0)
        stories.finish(store, member.run, (first, second + shift))
    found = outcomes(store, made)
    effects = {each.flip: each for each in found.effects("validation_accuracy")}
    assert {flip: each.word for flip, each in effects.items()} == {
        "initial_weights": "none", "epsilon": "closer", "optimizer_equation": "none", "all": "closer"
    }  # fmt: skip
    assert effects["all"].found.mean == pytest.approx(-0.02)
    along = {each.flip: each for each in found.effects("validation_loss", along=True)}
    assert along["all"].found.mean == pytest.approx(-0.01)  # of two epochs the first is the same in all
    told_of = json.loads(json.dumps(summary(found), allow_nan=False))["effects"]["final"]
    assert "All 4 hold together with 95 %" in told_of["explained"]
    assert {each["together"] for each in told_of["flips"].values()} == {4}
    assert {each["confidence"] for each in told_of["flips"].values()} == {0.9875}


def test_members_know_their_place():
    made = Experiment(
        "x", "defaults", RunConfig.build(TEACHER), (Member("a", 1), Member("b", 1, "rho"), Member("c", 2))
    )
    assert (made.seeds, made.flips) == ((1, 2), ("", "rho"))
