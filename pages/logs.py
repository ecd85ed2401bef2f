"""TensorBoard for the runs of the store, inside the dashboard and as a link."""

import streamlit as st

from engine.board_server import BoardError
from engine.runs import Store, StoreError
from ui import server
from ui.board_route import board_link
from ui.plain import plain
from ui.recent import moment

HEIGHT = 900  # pixels


def title(run: str | None) -> str:
    """A run as its network and the moment it was made; its last letters tell twins apart."""
    if run is None:
        return "All runs"
    _, _, network, letters = run.split("-")
    return f"{network} · {moment(run)} · {letters}"


def wanted_run(store: Store, runs: list[str]) -> str | None:
    """The run that the address of the page names, None for all."""
    wanted = st.query_params.get("run")
    if wanted is None or wanted in runs:
        return wanted
    st.warning(
        plain(f"There is no run {wanted[:60]!r} in {store.root}, so all runs are shown."), icon=":material/search_off:"
    )
    return None


def pick(wanted: str | None, runs: list[str]) -> str | None:
    """The run that a person chooses, None for all; the address of the page follows."""
    choices = [None, *runs]
    run = st.selectbox(
        "Run",
        choices,
        index=choices.index(wanted),
        format_func=title,
        key="logs_run",
        help="The times are yours; the ids of runs, in TensorBoard, begin with the time in UTC.",
        width=420,
    )
    if run is None:
        st.query_params.pop("run", None)
    else:
        st.query_params["run"] = run
    return run


def started() -> bool:
    """Whether TensorBoard runs now; where it does not, one sentence says why."""
    try:
        with st.spinner("Starting TensorBoard …"):
            server.board_server().port()
    except BoardError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.button("Try again", icon=":material/refresh:")
        return False
    return True


def all_runs() -> list[str] | None:
    """The runs of the store, newest first; None, and one sentence, where it cannot be read."""
    try:
        return server.store().runs()
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.button("Try again", icon=":material/refresh:")
        return None


st.title("Logs")
runs = all_runs()
if runs is None:
    pass
elif not runs:
    st.info(
        "There are no logs yet. Train a network, and its curves appear here in TensorBoard.", icon=":material/info:"
    )
    st.page_link("../pages/train.py", label="Go to Train", icon=":material/play_arrow:")
elif started():
    wanted = wanted_run(server.store(), runs)
    with st.container(horizontal=True, vertical_alignment="bottom", key="logs_controls"):
        link = board_link(pick(wanted, runs), dark=st.context.theme.type == "dark")
        st.link_button("Open in a new tab", link, icon=":material/open_in_new:")
    st.caption("While a run trains, TensorBoard's own reload button at the top right brings the newest points.")
    st.iframe(link, height=HEIGHT, alt="TensorBoard")
