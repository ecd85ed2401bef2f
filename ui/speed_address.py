"""Which benchmark the Speed page shows, and which stands beside it: both are in its address."""

import streamlit as st

from ui import refusals

SHOWN, BESIDE = "benchmark", "beside"


def shown() -> str:
    """The id in the address, which may be of no benchmark at all; empty for the start."""
    return st.query_params.get(SHOWN, "")


def beside() -> str:
    """The id of the one beside it; empty where there is none."""
    return st.query_params.get(BESIDE, "")


def show(name: str, beside: str = "") -> None:
    """Show another benchmark, or the start."""
    refusals.keep("speed", "")
    for field, value in ((SHOWN, name), (BESIDE, beside)):
        if value:
            st.query_params[field] = value
        else:
            st.query_params.pop(field, None)
