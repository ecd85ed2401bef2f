"""Cluster: other machines that train: which there are, what they do, and how one is added."""

import streamlit as st

from ui import cluster_view

st.title("Cluster")
st.markdown("Other machines can train runs and sweeps, each side at a node of its own. Their events come back here.")
cluster_view.show()
