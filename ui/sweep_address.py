"""Which sweep the Sweeps page shows: it is in its address."""

import streamlit as st

SHOWN, REFUSAL = "sweep", "sweep_refusal"


def shown() -> str:
    """The id in the address, which may be of no sweep at all; empty for the start."""
    return st.query_params.get(SHOWN, "")


def show(name: str) -> None:
    """Show another sweep, or the start."""
    refuse("")
    if name:
        st.query_params[SHOWN] = name
    else:
        st.query_params.pop(SHOWN, None)


def refuse(sentence: str) -> None:
    """Keep a sentence on the page until something else is shown."""
    st.session_state[REFUSAL] = sentence


def refusal() -> str:
    """What was refused last."""
    return st.session_state.get(REFUSAL, "")
