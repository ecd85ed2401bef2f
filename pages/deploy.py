"""Deploy: a finished run as files that other programs run, each reloaded alone and checked, and one of them served."""

import streamlit as st

from engine.config import FRAMEWORKS, NAMES
from engine.exports.catalogue import NOT_OFFERED
from engine.runs import StoreError
from ui import deploy_exports, deploy_results, deploy_serving, recent
from ui.plain import plain
from ui.server import store


def chosen() -> str | None:
    """The run that is looked at; the page's address holds it."""
    asked = st.query_params.get("run")
    known = {run: words for run, words in recent.latest().items() if finished(run)}
    if asked and asked not in known:
        known[asked] = asked
    if not known:
        st.info("No run has finished yet. Train a network, and it can be exported here.", icon=":material/info:")
        st.page_link("../pages/train.py", label="Go to Train", icon=":material/play_arrow:")
        return None
    runs = list(known)
    index = runs.index(asked) if asked else 0
    run = st.selectbox("Run", runs, index, format_func=known.__getitem__, key="deploy-run", width=620)
    st.query_params["run"] = run
    return run


def finished(run: str) -> bool:
    """Whether a side of it has finished."""
    try:
        return any(status.word == "finished" for status in store().status(run).values())
    except StoreError:
        return False


def show(run: str) -> None:
    """The formats of each side, what came of them, both sides compared, and the server."""
    sides = [side for side in FRAMEWORKS if store().status(run).get(side)]
    deploy_exports.panel(run)
    for side, column in zip(sides, st.columns(len(sides)), strict=True):
        with column:
            deploy_exports.formats(run, side)
    deploy_results.table(run, sides)
    if len(sides) == len(FRAMEWORKS):
        deploy_results.cross(run)
    deploy_serving.panel(run, sides)
    elsewhere()


def elsewhere() -> None:
    """What is not exported here, and why."""
    with st.expander("Formats that are not exported here"):
        for title, sentence in NOT_OFFERED.items():
            st.markdown(f"**{title}** · {sentence}")


st.title("Deploy")
st.markdown(
    f"A finished run as a file, with its own weights, from {' and '.join(NAMES.values())}. Each file is loaded again "
    "in a process that has nothing else, and must answer what the framework answers."
)
try:
    run = chosen()
    if run:
        show(run)
except StoreError as error:
    st.warning(plain(str(error)), icon=":material/search_off:")
