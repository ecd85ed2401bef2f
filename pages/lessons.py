"""Lessons: short guided experiments to predict, run and compare; a link leads to each."""

import streamlit as st

from engine.lessons.catalogue import BY_NAME, LESSONS, Lesson
from engine.quantities import count
from ui import launching, lessons_view


def chosen() -> Lesson:
    """The lesson that is looked at; the page's address holds it."""
    asked = st.query_params.get("lesson")
    name = st.pills("Lesson", list(BY_NAME), default=asked if asked in BY_NAME else LESSONS[0].name, required=True,
                    format_func=lambda name: BY_NAME[name].title, key="lessons-chosen")  # fmt: skip
    st.query_params["lesson"] = name
    return BY_NAME[name]


st.title("Lessons")
st.markdown(
    f"{count(len(LESSONS), 'experiment')} of about ten minutes. Say first what you think will happen, then run it here "
    "and compare. The address of this page leads to the lesson: hand it out."
)
if launching.opened():
    lesson = chosen()
    st.header(lesson.title)
    st.markdown(lesson.about)
    for number, question in enumerate(lesson.questions, 1):
        lessons_view.question(question, number, lesson.name)
    st.caption(lesson.further)
