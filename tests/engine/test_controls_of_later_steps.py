"""The controls of later epochs and of later steps on evidence made by hand: one thing wrong at a time."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from engine import events
from engine.fairness.evidence import Witnessed
from engine.runs import Store
from tests import certificate_stories
from tests.certificate_stories import SIDES, array, event, failed


@pytest.fixture
def judged(tmp_path):
    return partial(certificate_stories.judged, Store(tmp_path / "store"))


def swapped(kind, change):
    """A change of all events of one kind; where it gives None they are left out."""
    return lambda told: [
        new for event in told if (new := change(event) if isinstance(event, kind) else event) is not None
    ]


def seen(change):
    """A change of what was seen in every epoch but the first."""
    return swapped(events.EpochSeen, lambda event: change(event) if event.epoch else event)


@pytest.mark.parametrize("sides", [("torch",), ("tensorflow",), SIDES])
@pytest.mark.parametrize(
    ("later", "name", "words"),
    [
        (seen(lambda event: replace(event, order="0" * 64)), "Later epochs", "in epoch 2 the rows of"),
        (
            seen(lambda event: replace(event, rates=(event.rates[0], event.rates[1] * 1.001))),
            *("Later epochs", "in epoch 2 the learning rates of"),
        ),
        (swapped(events.Finished, lambda event: replace(event, step=event.step - 1)), "Number of steps", "2,600 are"),
    ],
)
def test_what_happens_after_the_first_steps_is_found(judged, sides, later, name, words):
    found, _, _ = judged(sides, later=later, schedule="cosine", epochs=100)
    assert failed(found) == {name}
    assert words in found.verdict("curves")
    assert found.holds("speed") is True


def later_step(change):
    """A change of what was witnessed of step 26, the first one of the second epoch."""
    return swapped(Witnessed, lambda witnessed: change(witnessed) if witnessed.event.step == 26 else witnessed)


@pytest.mark.parametrize("sides", [("torch",), ("tensorflow",), SIDES])
@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        (event(found="other"), "Between the steps", "were changed between steps 25 and 26 of"),
        (event(loss=3.0), "Later steps", "at step 26 the loss of"),
        (array("gradients0/hidden.weight", 1.1), "Later steps", "at step 26 the gradient of"),
        (array("weights0/hidden.weight", 1.01), "Later steps", "at step 26 the loss of"),
        (array("weights1/hidden.weight", 1.0001), "Later steps", "is not the one of adam: a weight is"),
        (array("exp_avg1/output.bias", 2.0), "Later steps", "is not the one of adam: its exp_avg is"),
        (array("exp_avg_sq1/hidden.weight", 1.01), "Later steps", "is not the one of adam: its exp_avg_sq is"),
        (array("exp_avg0/hidden.weight", 0.99), "Later steps", "is not the one of adam: a weight is"),
        (array("norm0/gradients", 2.0), "Later steps", "is not the one of adam: a weight is"),
    ],
)
def test_what_is_wrong_with_a_later_step_is_found(judged, sides, change, name, words):
    found, _, _ = judged(sides, later=later_step(change), gradient_clip_norm=1e-3)
    assert failed(found) == {name}
    assert words in found.verdict("curves")
    assert found.holds("speed") is True


def test_later_steps_that_were_not_told_of_are_not_checked(judged):
    def unchecked(sides, later, **fields):
        found, _, _ = judged(sides, later=later, **fields)
        assert failed(found) == set()
        return {one.name: one.evidence for one in found.controls if one.verdict == "not checked"}

    older = unchecked(SIDES, swapped(Witnessed, lambda _: None))
    assert older.keys() == {"Later steps", "Between the steps"}
    assert older["Later steps"] == "PyTorch told nothing of step 26"
    assert set(unchecked(("tensorflow",), later_step(lambda _: None)).values()) == {
        "TensorFlow told nothing of step 26"
    }

    def begun(told):
        return [event for event in told if not isinstance(event, Witnessed | events.Finished)] + [
            events.Failed("", 0.0)
        ]

    assert unchecked(SIDES, begun)["Later steps"] == "PyTorch has come to no later step that is looked at"


def test_a_later_step_whose_numbers_are_not_finite_is_not_checked(judged):
    found, _, _ = judged(SIDES, later=later_step(array("weights1/output.bias", np.inf)))
    assert {one.name: one.verdict for one in found.controls}["Later steps"] == "not checked"


def test_a_run_that_told_of_no_epoch_or_did_not_end_is_not_checked_there(judged):
    def unchecked(**changes):
        found, _, _ = judged(SIDES, **changes)
        assert failed(found) == set()
        return {one.name for one in found.controls if one.verdict == "not checked"}

    assert unchecked(later=swapped(events.EpochSeen, lambda event: None)) == {"Later epochs"}
    stopped = swapped(events.Finished, lambda event: events.Stopped(event.step, event.time))
    assert unchecked(later=stopped) == {"Number of steps"}


@pytest.mark.parametrize(("after", "verdict"), [(10, "pass"), (9, "fail"), (11, "fail")])
def test_early_stopping_is_held_against_the_validation_losses(judged, after, verdict):
    """The best loss is that of epoch 7, so with a patience of 3 epoch 10 is the last."""

    def later(told):
        steps = told[-1].step // 100
        kept = [
            event for event in told if getattr(event, "epoch", 0) <= after and not isinstance(event, events.Finished)
        ]
        worse = swapped(events.Epoch, lambda event: replace(event, metrics={"validation_loss": abs(event.epoch - 7)}))
        return [*worse(kept), events.Finished(after * steps, "early stopping", 0.0)]

    found, _, _ = judged(SIDES, later=later, early_stopping_patience=3, epochs=100)
    assert {one.name: one.verdict for one in found.controls}["Number of steps"] == verdict
