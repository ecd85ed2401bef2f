"""Data pipelines: how both frameworks bring examples to the network."""

import streamlit as st

from ui import pipelines_view

st.title("Data pipelines")
st.markdown("How examples come to the network, and how the work is spread over this machine: measured here, in both.")
pipelines_view.show()
