"""What came out of a run is JSON, whatever its numbers are."""

import json
from pathlib import Path

import pytest

from engine import events
from engine.__main__ import main
from engine.runs import Store
from tests import stories


def nothing_else(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


@pytest.mark.parametrize("loss", [None, 1.7e308])
def test_numbers_that_are_not_finite_are_null(tmp_path: Path, capsys: pytest.CaptureFixture[str], loss: float) -> None:
    store = Store(tmp_path / "runs")
    run = stories.new_run(store)
    for side, sign in (("torch", 1), ("tensorflow", -1)):
        stories.launch(store, run, side)
        losses = (1.0, loss and sign * loss)
        end = events.Diverged(1, 102.0) if loss is None else events.Finished(2, "completed", 102.0)
        steps = [events.Steps(0, losses, 5e-324), events.Steps(2, (loss,), 5e-324)]
        stories.tell(store, run, side, [stories.started(side), *steps, stories.epoch(1, loss, None), end])
    for action in (["show", run], ["list", "--json"]):
        assert main(["runs", *action, "--store", str(store.root)]) == 0
        told = json.loads(capsys.readouterr().out, parse_constant=nothing_else)
    assert told[0]["final"]["torch"] == {"train_loss": loss, "validation_loss": loss, "validation_accuracy": None}
