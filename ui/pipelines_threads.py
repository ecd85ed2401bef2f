"""Threads inside of an operation and between operations: the button, and what was found."""

import streamlit as st

from engine.charts import pipelines_threads as charts
from engine.config import NAMES
from engine.pipelines import threads
from engine.pipelines.sources import source
from engine.pipelines.threaded import WORKS
from ui import examinations
from ui.colours import coloured
from ui.pipelines_view import DOING
from ui.plain import plain
from ui.server import store
from ui.sides import columns

CODE_HEIGHT = 420  # pixels


def show() -> None:
    """What is measured, the button, the result that there is, and the code."""
    request = threads.here()
    st.markdown(
        "A framework can spread one operation over threads, and run operations beside each other that do not need each "
        f"other. Measured with 1 to {request.cores} of each."
    )
    if request.cores < 2:
        st.info("This machine has one core, so there is nothing to compare.", icon=":material/info:")
        return
    found = examinations.known(lambda: threads.read(request, store()))
    examinations.panel(request, "Measure", found is not None, examinations.ALONE, DOING)
    if found:
        _found(found)
    st.subheader("What runs")
    for side, column in columns():
        with column:
            st.markdown(coloured(side))
            st.code(source("threads", side), language="python", height=CODE_HEIGHT)


def _found(found: threads.Found) -> None:
    theme = st.context.theme.type or "light"
    for work, title in WORKS.items():
        st.subheader(title)
        for sentence in charts.answers(found, work):
            st.write(plain(sentence))
        alt = f"{title}: how many times as fast as with one thread, for both frameworks."
        st.plotly_chart(charts.figure(found, work, theme), key=f"threads-{work}", width="stretch", alt=alt)
        st.dataframe(charts.table(found, work), hide_index=True, width="stretch", key=f"threads-table-{work}")
    for sentence in charts.doubts(found):
        st.caption(plain(sentence))
    st.caption(plain(" · ".join(f"{NAMES[side]} {version}" for side, version in found.versions.items())))
    st.caption(charts.METHOD)
