"""Runs: all of the store, live; searched, named, compared, resumed, deleted and put back, taken out and in."""

import streamlit as st

from engine.runs import StoreError
from engine.store.run_rows import Row
from ui import runs_actions, runs_disk, runs_table
from ui.launching import opened
from ui.plain import plain
from ui.server import run_rows

LIVE_SECONDS = 2.0
QUIET_SECONDS = 15.0


def all_rows() -> list[Row] | None:
    """Every run; None, and one sentence, where the store cannot be read."""
    try:
        return run_rows().rows()
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def main_part() -> None:
    """The table and what can be done with it; it renews itself, more often while something trains."""
    runs_actions.said()
    rows = all_rows()
    if rows is None:
        return
    if not rows:
        st.info("No runs yet. Train makes one, and Import takes in one that somebody exported.", icon=":material/info:")
    else:
        matching = runs_table.filters(rows)
        if matching:
            places = st.container()  # above the table, so that it is near what was ticked first
            ticked = runs_table.chosen(matching)
            with places:
                runs_actions.bar(ticked)
            runs_actions.troubles(ticked)
        else:
            st.info("No run matches.", icon=":material/search_off:")
    runs_disk.show(rows)
    st.session_state["runs.live"] = any(not row.trouble and not row.ended for row in rows)


with st.container(horizontal=True, vertical_alignment="bottom", key="runs.heading"):
    st.title("Runs")
    runs_actions.importer()
if launch := opened():
    if not launch.leads:
        st.info(
            f"This dashboard looks on: {launch.holder()} trains for this store, and runs are named and resumed there.",
            icon=":material/visibility:",
        )
    every = LIVE_SECONDS if st.session_state.get("runs.live") else QUIET_SECONDS
    st.fragment(main_part, run_every=every)()
