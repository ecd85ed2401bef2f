"""A branch that depends on a tensor: the code of every way to run it, and what each framework printed."""

import streamlit as st

from engine.config import NAMES
from engine.graphs.branches import Found, Outcome, Request, read
from engine.graphs.ways import FUNCTION, WAYS, Way, code
from ui import examinations
from ui.colours import coloured
from ui.plain import plain
from ui.server import store
from ui.sides import columns, printed

DOING = "{both} run the branch in every way"


def show() -> None:
    """The function, the button that runs it in every way, then each way with its code and what came of it."""
    st.markdown(
        "A small function whose branch depends on a tensor. Eager execution takes the branch at every call; a compiler "
        "or a trace has to decide what becomes of it."
    )
    for side, column in columns():
        with column:
            st.markdown(coloured(side))
            st.code(code(FUNCTION, side), language="python")
    found = examinations.known(lambda: read(Request(), store()))
    examinations.panel(Request(), "Run it in every way", found is not None, doing=DOING)
    if found:
        st.caption(plain(" · ".join(f"{NAMES[side]} {version}" for side, version in found.versions.items())))
    for way in WAYS:
        st.subheader(way.title, anchor=way.name)
        for side, column in columns():
            with column:
                _way(way, side, found)


def _way(way: Way, side: str, found: Found | None) -> None:
    st.markdown(f"{coloured(side)}: {plain(getattr(way, side))}")
    st.code(code(way.name, side), language="python")
    if found:
        _outcome(found.sides[side][way.name], f"branches-{way.name}-{side}")


def _outcome(outcome: Outcome, key: str) -> None:
    if not outcome.kind:
        st.caption(":material/terminal: It printed")
        printed(outcome.printed)
        return
    st.caption(f":material/error: It raised {plain(outcome.kind)}")
    printed(outcome.message)
    if st.toggle("All that it printed", key=f"{key}-all"):
        printed(outcome.printed)
