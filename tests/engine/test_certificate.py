"""Certificates of real first steps in both frameworks: honest ones pass, and each kind of tampering is found."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.fairness.certificate import certificate
from engine.runs import Store
from tests.engine.record_evidence import HONEST, TAMPERED, asked

ROOT = Path(__file__).parents[2]
SIDES = ("torch", "tensorflow")
# Which controls find it, and whether curves and speed may still be compared.
FINDS = {
    "seed": (
        {"Initial weights", "Data bytes", "Batch order", "Loss at step 0", "Gradients at step 0", "Later epochs"},
        *(False, False),
    ),
    "weights": ({"Initial weights", "Loss at step 0", "Gradients at step 0"}, False, True),
    "order": ({"Batch order", "Loss at step 0", "Gradients at step 0", "Later epochs"}, False, True),
    "learning_rate": ({"Learning rate", "First weight update", "Later epochs"}, False, True),
    "hidden_rate": ({"First weight update"}, False, True),
    "momentum": ({"Optimizer equation"}, False, True),
    "decay": ({"First weight update", "Optimizer equation"}, False, True),
    "dtype": ({"Precision"}, True, False),
    "threads": ({"Threads"}, True, False),
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The first steps of every case. TensorFlow takes another number of threads only in another process."""
    folder = tmp_path_factory.mktemp("recorded")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "2"}
    together = [case for case in (*HONEST, *TAMPERED) if case != "threads"]
    for side in SIDES:
        for cases in (together, ["threads"]):
            command = [sys.executable, "-m", "tests.engine.record_evidence", side, folder, *cases]
            subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=600)
    return folder


@pytest.fixture
def made(recorded, tmp_path):
    """A run whose sides recorded the given cases, and that was asked for what `case` asks for."""

    def make(case, **sides):
        store = Store(tmp_path / "runs")
        store.root.mkdir(exist_ok=True)
        config = asked(case).model_copy(update={"concurrency": "in_turn"})
        run = store.create(config)
        for side in SIDES:
            shutil.copytree(recorded / sides.get(side, case) / side, store.folder(run) / side, dirs_exist_ok=True)
        return certificate(store, run)

    return make


def failed(found):
    return {one.name for one in found.controls if one.verdict == "fail"}


@pytest.mark.parametrize("case", [case for case in HONEST if case != "defaults"])
def test_an_honest_run_passes_every_control(made, case):
    found = made(case)
    assert failed(found) == set(), [one.sentence for one in found.controls]
    unchecked = {one.name for one in found.controls if one.verdict == "not checked"}
    later = {"Later steps", "Between the steps"}
    began_no_second_epoch = later if asked(case).epochs == 1 and case != "simple_net" else set()
    never_ended = {"One at a time", "Number of steps"} | began_no_second_epoch
    assert unchecked == (never_ended if case != "late" else set())
    assert found.holds("speed") is True
    assert found.disclosed["tensorflow"]["version"].startswith("TensorFlow 2")


@pytest.mark.parametrize("sides", [("torch",), ("tensorflow",), SIDES])
@pytest.mark.parametrize("case", list(FINDS))
def test_tampering_is_found_and_costs_no_other_claim(made, case, sides):
    found = made("mlp", **dict.fromkeys(sides, case))
    names, curves, speed = FINDS[case]
    one_predicts_otherwise = len(sides) == 1 and "Loss at step 0" in names  # both tampered with predict the same
    names = names | ({"Predictions at step 0"} if one_predicts_otherwise else set())
    assert failed(found) == names, [one.sentence for one in found.controls]
    assert found.holds("curves") is curves
    assert found.holds("speed") is speed
    claim = "curves" if not curves else "speed"
    first = next(one for one in found.controls if one.verdict == "fail" and claim in one.claims)
    assert found.verdict(claim).startswith(f"not comparable, because {first.evidence}")


@pytest.mark.parametrize("sides", [("torch",), ("tensorflow",), SIDES])
@pytest.mark.parametrize(
    ("base", "case", "name"),
    [
        ("epochs", "later_order", "Later epochs"),
        ("epochs", "later_rate", "Later epochs"),
        ("lenet", "reduction", "Loss at step 0"),
    ],
)
def test_what_the_first_steps_do_not_show_is_found(made, base, case, name, sides):
    """The order or the rate of the second epoch; a sum in place of a mean where NumPy has no network, on both sides."""
    assert failed(made(base)) == set()
    found = made(base, **dict.fromkeys(sides, case))
    parts = {"Gradients at step 0", "Losses of the first steps"} if case == "reduction" and len(sides) == 1 else set()
    assert failed(found) == {name, "Later steps"} | parts
    assert (found.holds("curves"), found.holds("speed")) == (False, True)


@pytest.mark.parametrize("sides", [("torch",), ("tensorflow",), SIDES])
@pytest.mark.parametrize(
    ("case", "name", "word"),
    [
        ("late_rate", "Later steps", "step 45 of"),
        ("late_decay", "Later steps", "step 45 of"),
        ("late_betas", "Later steps", "step 45 of"),
        ("late_equation", "Later steps", "step 45 of"),
        ("late_weights_in_a_step", "Later steps", "step 45 of"),
        ("late_loss", "Later steps", "at step 45 the loss of"),
        ("late_weights", "Between the steps", "between steps 44 and 45 of"),
    ],
)
def test_what_begins_after_the_tenth_step_is_found(made, case, name, word, sides):
    """Another optimizer or loss from the tenth step on; all weights larger by 0.3, once, as the second epoch begins."""
    found = made("late", **dict.fromkeys(sides, case))
    assert failed(found) == {name}
    assert word in found.verdict("curves")
    assert found.holds("speed") is True


@pytest.mark.parametrize("side", SIDES)
def test_batch_norm_that_remembers_otherwise_is_found(made, side):
    """Losses, gradients and updates are the same; only validation is not."""
    found = made("resnet", **{side: "statistics"})
    assert failed(found) == {"Running statistics"}
    assert found.holds("curves") is False


@pytest.mark.parametrize("sides", [("torch",), ("tensorflow",), SIDES])
def test_other_data_and_batches_are_found(made, sides):
    for case, name in (("data", "Data bytes"), ("batch_size", "Batch size")):
        found = made("mlp", **dict.fromkeys(sides, case))
        assert name in failed(found)
        assert found.holds("speed") is False


def test_the_defaults_policy_forbids_a_verdict_on_the_curves_alone(made):
    found = made("defaults")
    assert failed(found) == {"Initial weights", "Optimizer equation"}
    assert found.verdict("curves") == (
        "not comparable, because the defaults policy lets each framework draw its own initial weights; "
        "the defaults policy gives each framework its own equation of adam"
    )
    assert found.holds("speed") is True


@pytest.mark.parametrize("sides", [("torch",), ("tensorflow",), SIDES])
def test_the_defaults_policy_still_finds_what_must_be_equal(made, sides):
    for case, name in (("order", "Batch order"), ("learning_rate", "Learning rate"), ("dtype", "Precision")):
        assert name in failed(made("defaults", **dict.fromkeys(sides, case)))
