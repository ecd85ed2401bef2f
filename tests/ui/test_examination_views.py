"""Parity and microscope on a page without a browser: results made by hand, and examinations that never train."""

import json
from pathlib import Path

import numpy as np

from engine.config import FRAMEWORKS, RunConfig
from engine.examinations import examination
from engine.examinations.examination import Request
from engine.runs import Store
from tests import stories
from tests.ui.examination_pages import CONFIG, Never, page, said

STEPS = 30


def write(store: Store, kind: str, shift: float = 0.0) -> Path:
    """A result in which TensorFlow's losses, or its hidden layer from step 4 on, are `shift` relative larger."""
    request = Request.build(kind, RunConfig.build(CONFIG), STEPS)
    folder = request.folder(store)
    folder.mkdir(parents=True)
    asked = {"schema": examination.SCHEMA, "kind": kind, "time": 0.0, "jobs": request.jobs()}
    (folder / "request.json").write_text(json.dumps(asked))
    for side in FRAMEWORKS:
        scale = 1 + shift * (side == "tensorflow")
        found = {}
        for job in asked["jobs"]:
            arrays = {"losses": np.full(STEPS, 2.0) * scale, "batch_norm": False, "first_step": 0}
            arrays |= {f"weights/{STEPS}/hidden1.weight": np.ones((8, 4)), "signs_of": np.full(STEPS, 32)}
            signs = np.zeros((STEPS, 4), np.uint8)
            signs[20, 0] = side == "tensorflow"
            hidden = np.ones((STEPS, 8))
            hidden[4:] *= scale
            arrays |= {"signs/1/hidden1": signs, "layer/hidden1": hidden, "gradient/hidden1.weight": hidden}
            found |= {f"{job['name']}/{name}": value for name, value in arrays.items()}
        np.savez(folder / f"{side}.npz", **found)
    return folder


def test_parity_before_anything_is_known(store):
    shown = page(store, "parity_view")
    assert [button.label for button in shown.button] == ["Certify in float64"]
    assert not shown.table


def test_parity_that_passes(store):
    write(store, "parity")
    shown = page(store, "parity_view")
    assert shown.success[0].value == "Certified: in float64 the losses agree to 0 relative over 30 steps."
    assert "stays within 10 times its noise floor over 30 steps" in said(shown)
    assert shown.button[0].label == "Certify in float64 again"
    assert list(shown.table[0].value["Verdict"]) == ["Pass"] * 3


def test_parity_that_fails_names_the_step_and_the_relu(store):
    write(store, "parity", shift=1e-5)
    folder = next(store.root.glob("examinations/*/parity"))
    for side in FRAMEWORKS:  # float32 parts from step 21 on only
        arrays = dict(np.load(folder / f"{side}.npz"))
        for name in ("float32/losses", "float32-perturbed/losses"):
            arrays[name][:21] = 2.0
        np.savez(folder / f"{side}.npz", **arrays)
    shown = page(store, "parity_view")
    assert shown.warning[0].value == (
        "Not certified: in float64 the losses differ by 1e-5 relative over the first 10 steps; the limit is 1e-13. "
        "No framework comes more than 0 apart from itself there, so rounding does not explain it."
    )
    assert "from step 21 on. 1 of 32 ReLUs, the first behind hidden1, is open in one framework" in said(shown)
    assert "at step 20, 1 step before" in said(shown)


def test_the_microscope_names_the_first_cell(store):
    write(store, "microscope", shift=1e-3)
    shown = page(store, "microscope_view")
    assert "first differ by more than 1e-5 at step 4, in the output of hidden1: 0.001 relative" in said(shown)
    shown.slider[0].set_value(-2).run()
    assert "No layer differs by more than 0.01 over 30 steps" in said(shown)
    shown.toggle[0].set_value(True).run()
    assert not shown.exception


def test_a_damaged_result_leaves_the_button(store):
    (write(store, "microscope") / "torch.npz").write_bytes(b"half")
    shown = page(store, "microscope_view")
    assert "is damaged" in shown.warning[0].value
    assert [button.label for button in shown.button] == ["Look"]


def test_defaults_cannot_be_certified(store):
    for view in ("parity_view", "microscope_view"):
        shown = page(store, view, policy="defaults")
        assert "policy" in shown.info[0].value
        assert not shown.button


def test_the_button_begins_and_another_one_ends(store, monkeypatch):
    monkeypatch.setattr(Request, "begin", lambda request, store: Never(request))
    shown = page(store, "parity_view")
    shown.button[0].click().run()
    assert [button.label for button in shown.button] == ["End"]
    other = page(store, "microscope_view")
    other.button[0].click().run()
    assert "Another examination is under way" in said(other)
    shown.button[0].click().run()
    assert "was stopped" in said(shown)
    assert [button.label for button in shown.button] == ["Certify in float64"]


def test_nothing_begins_while_a_run_trains_in_turn(store):
    run = stories.new_run(store, network="mlp", concurrency="in_turn")
    stories.launch(store, run, "torch")
    shown = page(store, "parity_view")
    shown.button[0].click().run()
    assert "trains in turn" in said(shown)
    assert [button.label for button in shown.button] == ["Certify in float64"]
