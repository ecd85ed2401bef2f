"""Data pipelines: how examples come to the network in both frameworks, and how the work is spread over a machine."""

import streamlit as st

from ui import pipelines_placement, pipelines_precision, pipelines_threads, pipelines_view

TOPICS = {
    "loaders": ("Loaders", pipelines_view.show),
    "threads": ("Threads", pipelines_threads.show),
    "devices": ("Devices", pipelines_placement.show),
    "precision": ("Mixed precision", pipelines_precision.show),
}


def chosen() -> str:
    """The topic that is looked at; the page's address holds it."""
    asked = st.query_params.get("topic")
    topic = st.pills(
        "Topic",
        list(TOPICS),
        default=asked if asked in TOPICS else "loaders",
        required=True,
        format_func=lambda topic: TOPICS[topic][0],
        key="pipelines-topic",
    )
    st.query_params["topic"] = topic
    return topic


st.title("Data pipelines")
st.markdown("How examples come to the network, and how the work is spread over this machine: measured here, in both.")
TOPICS[chosen()][1]()
