"""The Lessons page without a browser: predict, run, compare; nothing is trained."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.claims.evidence import Timed
from engine.lessons.catalogue import LESSONS
from engine.runs import Store
from tests import stories
from tests.pages.conftest import MAIN, RUN_SECONDS, named
from ui import server


@pytest.fixture
def page(store: Store) -> AppTest:
    page = AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS)
    page.run()  # a test begins on the first page
    page.switch_page("../pages/lessons.py")
    return page


def texts(page: AppTest) -> str:
    return " ".join(part.value for kind in (page.markdown, page.info, page.success, page.warning) for part in kind)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_link_opens_each_lesson(page: AppTest, lesson) -> None:
    page.query_params["lesson"] = lesson.name
    page.run()
    assert not page.exception
    assert page.header[0].value == lesson.title
    assert len(page.radio) == len(lesson.questions)


def test_nothing_runs_before_a_prediction(page: AppTest) -> None:
    page.run()
    assert page.button(key="lesson-descent-small-begin").disabled
    page.radio(key="lesson-descent-small-predicted").set_value("falls").run()
    assert not page.button(key="lesson-descent-small-begin").disabled


@pytest.mark.parametrize(("predicted", "said"), [("falls", "As you predicted"), ("grows", "You predicted: It grows")])
def test_what_came_out_is_held_against_the_prediction(
    page: AppTest, store: Store, predicted: str, said: str
) -> None:  # fmt: skip
    page.run()
    page.radio(key="lesson-descent-small-predicted").set_value(predicted).run()
    page.button(key="lesson-descent-small-begin").click().run()
    (run,) = store.runs()
    assert store.config(run).network == "simple_net"
    assert "under way" in texts(page)
    for side in store.config(run).frameworks:
        stories.launch(store, run, side)
        stories.tell(store, run, side, stories.finished_side(side))
    shown = texts(page.run())
    assert not page.exception
    assert said in shown
    assert LESSONS[0].questions[0].why in shown


def test_what_ran_before_is_not_run_again(page: AppTest, store: Store) -> None:
    question = LESSONS[0].questions[0]
    run = store.create(question.measurement.config())
    for side in store.config(run).frameworks:
        stories.launch(store, run, side)
        stories.tell(store, run, side, stories.finished_side(side))
    page.run()
    page.radio(key="lesson-descent-small-predicted").set_value("falls").run()
    page.button(key="lesson-descent-small-begin").click().run()
    assert store.runs() == [run]
    assert "As you predicted" in texts(page)
    assert named(page.radio, "**1. " + question.asks + "**").disabled


def test_a_benchmark_is_asked_of_the_launcher_which_is_thereby_woken(page: AppTest) -> None:
    lesson, question = next(
        (lesson, one) for lesson in LESSONS for one in lesson.questions if isinstance(one.measurement, Timed)
    )
    key = f"lesson-{lesson.name}-{question.name}"
    page.query_params["lesson"] = lesson.name
    page.run()
    page.radio(key=f"{key}-predicted").set_value(next(iter(question.options))).run()
    page.button(key=f"{key}-begin").click().run()
    assert not page.exception
    assert server.launcher().asked == [question.measurement.plan()]
