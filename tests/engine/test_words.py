"""A run's figures and findings in words."""

from pathlib import Path

import pytest

from engine import events, quantities
from engine.charts import tables, words
from engine.config import RunConfig
from engine.runs import SideStatus, Store
from engine.store.progress import RunProgress, parity_of
from tests import stories


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        (None, "–"),
        (0, "–"),
        (12, "1 kB"),
        (31_200, "31 kB"),
        (3_420_000, "3.4 MB"),
        (2e8, "200 MB"),
        (125e7, "1.25 GB"),
    ],
)
def test_bytes_have_two_or_three_digits(memory: int | None, said: str) -> None:
    assert quantities.size(memory) == said


def test_how_many_steps_a_call_has_is_told_of_this_run() -> None:
    def told(**fields: object) -> str:
        return words.pace(RunConfig.build({"network": "mlp", **fields})).removeprefix(words.COUNTED).strip()

    assert told() == "TensorFlow runs many steps in one call; PyTorch runs steps one by one."
    both = {"steps_per_call": {"torch": "one", "tensorflow": "one"}}
    assert told(**both) == "PyTorch runs steps one by one; TensorFlow runs steps one by one."
    compiled = {"execution": {"torch": "compile"}, "steps_per_call": {"torch": "many"}, "frameworks": ["torch"]}
    assert told(**compiled) == "PyTorch runs many steps in one call."


def progress_of(store: Store, run: str) -> RunProgress:
    progress = RunProgress(store, run)
    progress.poll()
    return progress


def sentences(progress: RunProgress) -> list[str]:
    compared = parity_of(progress)
    return [told.sentence for told in words.findings(progress.config, progress.sides, progress.statuses, compared)]


def test_two_sides_that_agree(store: Store) -> None:
    progress = progress_of(store, stories.finished_run(store, shift=1e-7))
    assert sentences(progress) == [
        "Both reach 97.2 % validation accuracy.",
        "The losses agree to 2e-7 relative over 6 steps.",
    ]


def test_identical_losses_are_called_so(store: Store) -> None:
    assert sentences(progress_of(store, stories.finished_run(store)))[-1] == "The losses are identical over 6 steps."


def test_sides_that_differ_are_not_called_equal(store: Store) -> None:
    run = stories.new_run(store, policy="defaults")
    for side in ("torch", "tensorflow"):
        stories.launch(store, run, side)
        stories.tell(store, run, side, stories.finished_side(side, 0.1 if side == "torch" else 0.0)[:-1])
    stories.tell(store, run, "torch", [stories.epoch(2, 0.3, 0.981), events.Finished(6, "early stopping", 1.0)])
    stories.tell(store, run, "tensorflow", [events.Finished(6, "completed", 1.0)])
    assert sentences(progress_of(store, run)) == [
        "PyTorch reaches 98.1 % validation accuracy, TensorFlow 97.2 %.",
        "PyTorch stopped early, after 6 steps.",
        "The losses differ by up to 0.2 relative over 6 steps, each framework with its own defaults.",
    ]


def test_troubles_are_named_with_their_step(store: Store) -> None:
    run = stories.new_run(store)
    for side in ("torch", "tensorflow"):
        stories.launch(store, run, side)
    told = [stories.started(), events.Steps(0, (1.0, None), 0.1), events.Diverged(1, 1.0)]
    stories.tell(store, run, "torch", told)
    stories.tell(store, run, "tensorflow", [*stories.finished_side("tensorflow")[:3], events.Stopped(3, 1.0)])
    progress = progress_of(store, run)
    assert sentences(progress) == [
        "The losses differ by up to 1 relative over 1 step.",
        "PyTorch diverged. The loss was not finite at step 1. A lower learning rate may help.",
        "TensorFlow was stopped after 3 of 6 steps.",
    ]
    assert tables.result_table(progress).loc["Training loss, last step", "PyTorch"] == "not finite"


def test_to_stop_is_no_trouble(store: Store) -> None:
    run = stories.new_run(store, frameworks=["torch"])
    stories.launch(store, run, "torch")
    stories.tell(store, run, "torch", [*stories.finished_side()[:3], events.Stopped(3, 1.0)])
    progress = progress_of(store, run)
    assert words.findings(progress.config, progress.sides, progress.statuses, None) == [
        words.Finding("PyTorch was stopped after 3 of 6 steps.", calm=True)
    ]


def test_losses_that_differ_by_more_than_themselves_are_not_given_as_a_ratio(store: Store) -> None:
    progress = progress_of(store, stories.finished_run(store, shift=700.0))
    assert sentences(progress)[-1] == "The losses differ by up to 700, more than their own size, over 6 steps."


@pytest.mark.parametrize(("last", "told"), [(3.0, True), (1.0, False)])
def test_a_loss_that_rose_is_said(store: Store, last: float, told: bool) -> None:
    run = stories.new_run(store, frameworks=["torch"])
    stories.launch(store, run, "torch")
    losses = (2.0, *[9.0] * 27, 2.5, last)
    stories.tell(store, run, "torch", [stories.started(), events.Steps(0, losses, 0.1), events.Finished(30, "", 1.0)])
    risen = "The training loss ended higher than it began; a lower learning rate may help."
    assert (risen in sentences(progress_of(store, run))) is told


def test_a_run_is_what_its_sides_are() -> None:
    finished, diverged = SideStatus("finished"), SideStatus("diverged")
    assert words.together({"torch": finished, "tensorflow": finished}) == "Finished"
    assert words.together({"torch": diverged, "tensorflow": finished}) == "Diverged, finished"


def test_one_step_says_so(store: Store) -> None:
    run = stories.new_run(store, network="simple_net", epochs=1)
    for side in ("torch", "tensorflow"):
        stories.launch(store, run, side)
        told = [stories.started(side, validation_examples=0), events.Steps(0, (1.5,), 0.1), events.Finished(1, "", 1.0)]
        stories.tell(store, run, side, told)
    assert sentences(progress_of(store, run)) == [
        "This was one step: one forward pass, one backward pass and one update of the weights.",
        "Both start from a training loss of 1.5.",
        "The losses are identical over 1 step.",
    ]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0354, "35 ms"), (3.21, "3.2 s"), (59.4, "59 s"), (125, "2 min 5 s"), (4800, "1 h 20 min"), (None, "–")],
)
def test_spans(seconds: float | None, shown: str) -> None:
    assert quantities.span(seconds) == shown


def test_what_rounds_up_to_a_thousand_is_no_exponent() -> None:
    assert [quantities.digits(value, 3) for value in (999.4, 999.6)] == ["999", "1,000"]
    assert quantities.short(999.6e-6) == "1,000 µs"


def test_exponents_are_short() -> None:
    assert [quantities.digits(value, 2) for value in (3.21e-07, 0.5, 1.5e12)] == ["3.2e-7", "0.5", "1.5e12"]


def test_large_numbers_are_whole() -> None:
    assert [quantities.digits(value, 2) for value in (12.3, 690.4, 7391.2, 1e6)] == ["12", "690", "7,391", "1e6"]
    five = [quantities.digits(value, 5) for value in (9.87654, 76328.4, 250_990_000)]
    assert five == ["9.8765", "76,328", "2.5099e8"]


def test_all_steps_are_not_counted_twice() -> None:
    shown = [quantities.progress(steps, total) for steps, total in ((0, 1), (1, 1), (1200, 1800))]
    assert shown == ["0 of 1 step", "1 step", "1,200 of 1,800 steps"]


def test_what_is_not_comparable_is_not_said_to_agree(store: Store) -> None:
    doubts = {"curves": "not comparable, because the weights differ", "speed": "not comparable, because of threads"}
    for shift in (0.0, 1e-7):
        progress = progress_of(store, stories.finished_run(store, shift=shift, concurrency="in_turn"))
        compared = parity_of(progress)
        told = words.findings(progress.config, progress.sides, progress.statuses, compared, doubts)
        assert told[-1].sentence.endswith("; the curves are not comparable, because the weights differ.")
        assert "agree" not in told[-1].sentence
        assert "Steps per second (not comparable)" in tables.result_table(progress, doubts).index
        assert "Steps per second" in tables.result_table(progress).index


def test_steps_that_were_left_out_are_told(store: Store) -> None:
    run = stories.finished_run(store, precision="mixed_float16")
    stories.tell(store, run, "torch", [events.LossScaled(1, 65_536.0, 0)])
    assert "Left out" not in " ".join(sentences(progress_of(store, run)))
    stories.tell(store, run, "torch", [events.LossScaled(2, 32_768.0, 1)])
    stories.tell(store, run, "tensorflow", [events.LossScaled(1, 65_536.0, 0)])
    told = "Left out, because a gradient was too large for float16: PyTorch 1 step and TensorFlow none."
    assert told in sentences(progress_of(store, run))
