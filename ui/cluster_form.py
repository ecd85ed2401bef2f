"""Where a run is to train: a choice between this machine and the cluster, where TANDEM_CLUSTER names one."""

import streamlit as st

from engine.cluster import place
from ui.plain import plain

FIELD = "cluster"  # what a sentence about the choice is told of
HERE, THERE = "This machine", "Cluster"


def offered() -> bool:
    """Whether there is a choice."""
    return bool(place.named())


def choice(form: str) -> str:
    """Draw the choice in that form; returns the cluster's address, "" for this machine."""
    st.segmented_control(
        "Run on",
        (HERE, THERE),
        default=HERE,
        required=True,
        key=_key(form),
        width="stretch",
        persist_state="session",
        help=f"The cluster at {plain(place.named())}. The page Cluster shows its nodes. The config stays the same.",
    )
    return chosen(form)


def chosen(form: str) -> str:
    """The address of the cluster where that form's next run trains; "" for this machine."""
    return place.named() if st.session_state.get(_key(form)) == THERE else ""


def _key(form: str) -> str:
    return f"{form}.run_on"
