"""Which sweep the Sweeps page shows: it is in its address."""

import streamlit as st

from ui import refusals

SHOWN = "sweep"


def shown() -> str:
    """The id in the address, which may be of no sweep at all; empty for the start."""
    return st.query_params.get(SHOWN, "")


def show(name: str) -> None:
    """Show another sweep, or the start."""
    refusals.keep("sweep", "")
    if name:
        st.query_params[SHOWN] = name
    else:
        st.query_params.pop(SHOWN, None)
