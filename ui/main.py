"""Every page load begins here: the page list. Only what exists is shown."""

import streamlit as st

st.set_page_config(page_title="Tandem", page_icon=":material/compare_arrows:", layout="wide")

pages = [
    st.Page("../pages/train.py", title="Train", icon=":material/model_training:", url_path="train", default=True),
    st.Page("../pages/logs.py", title="Logs", icon=":material/monitoring:", url_path="logs"),
]
st.navigation(pages, position="top").run()
