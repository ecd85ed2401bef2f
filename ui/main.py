"""Every page load begins here: the page list. Only what exists is shown."""

from pathlib import Path

import streamlit as st

SIDEBAR = 340  # pixels
# A Material icon would be fetched from elsewhere, a file of ours is not.
ICON = Path(__file__).with_name("icon.svg")

st.set_page_config(page_title="Tandem", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR)

st.logo(ICON, size="small")

pages = [
    st.Page("../pages/train.py", title="Train", icon=":material/model_training:", url_path="train", default=True),
    st.Page("../pages/runs.py", title="Runs", icon=":material/history:", url_path="runs"),
    st.Page("../pages/compare.py", title="Compare", icon=":material/stacked_line_chart:", url_path="compare"),
    st.Page("../pages/speed.py", title="Speed", icon=":material/speed:", url_path="speed"),
    st.Page("../pages/sweeps.py", title="Sweeps", icon=":material/search_insights:", url_path="sweeps"),
    st.Page("../pages/scripts.py", title="Code", icon=":material/code:", url_path="code"),
    st.Page("../pages/phrases.py", title="Phrase book", icon=":material/translate:", url_path="phrases"),
    st.Page("../pages/mistakes.py", title="Debug lab", icon=":material/bug_report:", url_path="debug"),
    st.Page("../pages/graphs.py", title="Graphs", icon=":material/account_tree:", url_path="graphs"),
    st.Page("../pages/logs.py", title="Logs", icon=":material/monitoring:", url_path="logs"),
]
st.navigation(pages, position="top").run()
