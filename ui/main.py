"""Every page load begins here: the page list. Only what exists is shown."""

from pathlib import Path

import streamlit as st

SIDEBAR = 340  # pixels
# A Material icon would be fetched from elsewhere, a file of ours is not.
ICON = Path(__file__).with_name("icon.svg")

st.set_page_config(page_title="Tandem", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR)

st.logo(ICON, size="small")

pages = {
    "": [
        st.Page("../pages/train.py", title="Train", icon=":material/model_training:", url_path="train", default=True),
        st.Page("../pages/runs.py", title="Runs", icon=":material/history:", url_path="runs"),
        st.Page("../pages/compare.py", title="Compare", icon=":material/stacked_line_chart:", url_path="compare"),
        st.Page("../pages/speed.py", title="Speed", icon=":material/speed:", url_path="speed"),
        st.Page("../pages/sweeps.py", title="Sweeps", icon=":material/search_insights:", url_path="sweeps"),
    ],
    "Understand": [
        st.Page("../pages/lessons.py", title="Lessons", icon=":material/school:", url_path="lessons"),
        st.Page("../pages/scripts.py", title="Code", icon=":material/code:", url_path="code"),
        st.Page("../pages/graphs.py", title="Graphs", icon=":material/account_tree:", url_path="graphs"),
        st.Page("../pages/phrases.py", title="Phrase book", icon=":material/translate:", url_path="phrases"),
        st.Page("../pages/mistakes.py", title="Debug lab", icon=":material/bug_report:", url_path="debug"),
        st.Page("../pages/pipelines.py", title="Data pipelines", icon=":material/conveyor_belt:", url_path="pipelines"),
    ],
    "Decide": [
        st.Page("../pages/claims.py", title="Claims", icon=":material/fact_check:", url_path="claims"),
        st.Page("../pages/which.py", title="Which one?", icon=":material/balance:", url_path="which"),
    ],
    "Operate": [
        st.Page("../pages/deploy.py", title="Deploy", icon=":material/deployed_code:", url_path="deploy"),
        st.Page("../pages/cluster.py", title="Cluster", icon=":material/dns:", url_path="cluster"),
        st.Page("../pages/logs.py", title="Logs", icon=":material/monitoring:", url_path="logs"),
    ],
}
st.navigation(pages, position="top").run()
