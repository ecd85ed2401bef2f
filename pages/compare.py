"""Compare: curves of any runs and sides over each other, what differs between them, and bands over seeds."""

from dataclasses import replace

import streamlit as st

from engine.charts import comparison
from engine.experiments.comparison import Comparison
from ui import compare_address, compare_form, compare_view
from ui.plain import plain
from ui.server import store


def start() -> None:
    """What to do first."""
    if compare_form.latest():
        st.markdown(
            "Choose runs in the sidebar (»), or tick them on the Runs page and press Compare there. Their curves are "
            "drawn over each other, and a table says what differs."
        )
    else:
        st.info("There is no run yet. Train a network, and compare its runs here.", icon=":material/info:")
        st.page_link("../pages/train.py", label="Go to Train", icon=":material/play_arrow:")


def drawn(asked: Comparison) -> None:
    """The controls and what they draw."""
    with st.spinner("Reading the runs …"):
        metrics, configs = comparison.offered(store(), asked.runs)
    with st.sidebar:
        asked = compare_form.controls(asked, metrics)
        if asked.bands and configs:
            asked = replace(asked, group=compare_form.grouped(asked, configs))
    compare_address.save(asked)
    compare_view.show(asked)


st.title("Compare")
asked = compare_address.load()
if wrong := compare_address.problems():
    st.warning("\n\n".join(plain(sentence) for sentence in wrong), icon=":material/link_off:")
with st.sidebar:
    asked = replace(asked, runs=compare_form.pick(asked))
if asked.runs:
    drawn(asked)
else:
    compare_address.save(asked)
    start()
