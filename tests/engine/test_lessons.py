"""The lessons: their questions can be asked, and what came true follows from what was recorded."""

import pytest

from engine import events
from engine.bench.plan import name_of
from engine.claims.answers import answer
from engine.claims.evidence import Exported, Timed, Trained
from engine.lessons import outcome
from engine.lessons.catalogue import LESSONS, Question
from engine.runs import Store
from tests import benchmark_stories as told
from tests import export_stories, stories

QUESTIONS = [question for lesson in LESSONS for question in lesson.questions]


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


def recorded(store: Store, torch: list[float | None], tensorflow: list[float | None], validation: list[float]) -> str:
    """A run whose sides lost so much in each of six steps, and so much on validation after each epoch."""
    run = stories.new_run(store)
    for side, losses in (("torch", torch), ("tensorflow", tensorflow)):
        stories.launch(store, run, side)
        epochs = [stories.epoch(number, loss, 0.5) for number, loss in enumerate(validation, 1)]
        end = events.Finished(len(losses), "completed", 103.0)
        stories.tell(store, run, side, [stories.started(side), events.Steps(0, tuple(losses), 1.0), *epochs, end])
    return run


def came(store: Store, run: str, judge) -> str:
    config = store.config(run)
    return outcome.of_run(store, Trained("Run it", lambda: config), judge)


def test_no_two_share_a_name() -> None:
    assert len({lesson.name for lesson in LESSONS}) == len(LESSONS)
    assert all(len(lesson.questions) >= 2 for lesson in LESSONS)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_question_has_options_and_a_measurement_that_can_be_asked_for(question: Question, store: Store) -> None:
    assert len(question.options) >= 2
    assert question.came(store) == ""
    if isinstance(question.measurement, Timed):
        assert question.measurement.plan().cases
    else:
        assert question.measurement.config().frameworks == ("torch", "tensorflow")


@pytest.mark.parametrize(
    ("torch", "tensorflow", "word"),
    [
        ([2.0, 1.0], [2.0, 1.0], "falls"),
        ([2.0, 2.1], [2.0, 1.9], "stays"),
        ([2.0, 3.0], [2.0, 3.0], "grows"),
        ([2.0, None], [2.0, None], "grows"),
        ([2.0, 1.0], [2.0, 3.0], ""),
    ],
)
def test_the_way_of_the_loss(store: Store, torch: list, tensorflow: list, word: str) -> None:
    assert came(store, recorded(store, torch, tensorflow, []), outcome.of_losses) == word


@pytest.mark.parametrize(("apart", "word"), [(0.0, "same"), (1e-6, "rounding"), (0.01, "visible")])
def test_how_far_the_losses_lie_apart(store: Store, apart: float, word: str) -> None:
    assert came(store, recorded(store, [2.0, 1.0], [2.0, 1.0 + apart], []), outcome.of_parity) == word


@pytest.mark.parametrize(("validation", "word"), [([1.0, 0.5], "falls"), ([0.5, 0.52], "falls"), ([0.5, 0.9], "grows")])
def test_the_way_of_the_validation_loss(store: Store, validation: list[float], word: str) -> None:
    assert came(store, recorded(store, [2.0, 1.0], [2.0, 1.0], validation), outcome.of_validation) == word


@pytest.mark.parametrize(("accuracy", "word"), [(0.5, "under_90"), (0.97, "to_99"), (0.995, "over_99")])
def test_the_share_of_right_answers(store: Store, accuracy: float, word: str) -> None:
    run = stories.new_run(store)
    for side in store.config(run).frameworks:
        stories.launch(store, run, side)
        end = events.Finished(2, "completed", 103.0)
        steps = events.Steps(0, (2.0, 1.0), 1.0)
        stories.tell(store, run, side, [stories.started(side), steps, stories.epoch(1, 1.0, accuracy), end])
    assert came(store, run, outcome.of_accuracy) == word


def files(store: Store, shift: float, late: dict[str, float]) -> Exported:
    """Both sides exported: TensorFlow's outputs lie `shift` higher; one row takes so long in the file."""
    run = stories.finished_run(store)
    for side, seconds in late.items():
        latency = {"1": {"p50": seconds, "p95": seconds, "calls": 9}}
        export_stories.exported(store, run, side, shift=shift * (side == "tensorflow"),
                                latency=latency | {"32": latency["1"]})  # fmt: skip
    config = store.config(run)
    return Exported("Export both", lambda: config, "onnx")


@pytest.mark.parametrize(("shift", "word"), [(0.0, "same"), (1e-4, "rounding"), (1.0, "visible")])
def test_how_far_both_files_lie_apart(store: Store, shift: float, word: str) -> None:
    asked = files(store, shift, {"torch": 1e-6, "tensorflow": 1e-6})
    assert outcome.of_export(store, asked, outcome.of_files) == word


@pytest.mark.parametrize(
    ("torch", "tensorflow", "word"), [(1e-6, 1e-6, "file"), (1.0, 1.0, "framework"), (1e-6, 1.0, "mixed")]
)
def test_what_answers_sooner(store: Store, torch: float, tensorflow: float, word: str) -> None:
    asked = files(store, 0.0, {"torch": torch, "tensorflow": tensorflow})
    assert outcome.of_export(store, asked, outcome.of_answering) == word
    found = answer(store, asked)
    assert found is not None
    assert found.sentences[0].startswith("PyTorch: verified")


def test_one_file_is_no_answer(store: Store) -> None:
    asked = files(store, 0.0, {"torch": 1e-6})
    assert outcome.of_export(store, asked, outcome.of_files) == ""
    assert answer(store, asked) is None


def test_a_run_under_way_has_not_come_out_yet(store: Store) -> None:
    run = stories.new_run(store)
    assert came(store, run, outcome.of_losses) == ""


@pytest.mark.parametrize(
    ("seconds", "word"), [((2e-4, 4e-4), "torch"), ((4e-4, 2e-4), "tensorflow"), ((2e-4, 2e-4), "same")]
)
def test_the_faster_one(store: Store, seconds: tuple[float, float], word: str) -> None:
    (question,) = [question for question in QUESTIONS if question.name == "pair"]
    told.finished(store, question.measurement.plan(), seconds)
    assert question.came(store) == word


@pytest.mark.parametrize(("best", "word"), [(0.8, "under_2"), (0.3, "to_5"), (0.1, "over_5")])
def test_how_much_many_steps_in_a_call_give(store: Store, best: float, word: str) -> None:
    (question,) = [question for question in QUESTIONS if question.name == "many"]
    plan = question.measurement.plan()
    seconds = [2e-4 * (best if name_of(case) == "tensorflow.xla.many" else 1) for case in plan.cases]
    told.finished(store, plan, seconds)
    assert question.came(store) == word
