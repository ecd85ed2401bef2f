"""One run after its end: the result in words and as a table, its config, and what can be taken away."""

from collections.abc import Mapping

import streamlit as st

from engine import assignments
from engine.charts import tables, words
from engine.charts.words import findings
from engine.store.progress import RunProgress, is_race, parity_of
from ui import certificate_view
from ui.board_route import board_link
from ui.plain import plain
from ui.server import store


def show_result(progress: RunProgress) -> None:
    """What came out."""
    with st.container(border=True):
        st.subheader("Result")
        doubts = certificate_view.doubts(progress)
        told = findings(progress.config, progress.sides, progress.statuses, parity_of(progress), doubts)
        if troubles := [plain(finding.sentence) for finding in told if not finding.calm]:
            st.warning("\n\n".join(troubles), icon=":material/warning:")
        st.write(" ".join(plain(finding.sentence) for finding in told if finding.calm))
        _tables(progress, doubts)
        race = f"Race: {words.RACE} Train in turn to compare the speed. " if is_race(progress) else ""
        doubt = f"The speeds are {doubts['speed']}. " if "speed" in doubts and not race else ""
        st.caption(plain(f"{race}{doubt}Steps per second: {words.pace(progress.config)}"))


def _tables(progress: RunProgress, doubts: Mapping[str, str]) -> None:
    """The result of each side, and what lies between them."""
    differences = tables.difference_table(progress)
    left, right = st.columns((3, 2)) if differences is not None else (st.container(), None)
    left.table(tables.result_table(progress, doubts), border="horizontal", alt="Result of each side")
    if right and differences is not None:
        right.table(differences, border="horizontal", alt="Difference of the sides")


@st.fragment
def show_config(progress: RunProgress) -> None:
    """The exact config, and the command that trains it; drawn when it is opened, for highlighting takes its time."""
    box = st.expander("Configuration", icon=":material/data_object:", key="configuration", on_change="rerun")
    if box.open:
        with box:
            st.caption("The command that trains the same:")
            st.code(assignments.command_line(progress.config), language="bash", wrap_lines=True)
            st.caption("Every field:")
            st.code(progress.config.to_json(), language="json")


def show_exits(progress: RunProgress) -> None:
    """TensorBoard, and the run as files; a file is made when somebody asks for it."""
    run = progress.run
    with st.container(horizontal=True, key="exits"):
        dark = st.context.theme.type == "dark"
        st.link_button("Open in TensorBoard", board_link(run, dark), icon=":material/monitoring:")
        st.download_button(
            "Metrics as CSV",
            lambda: tables.metrics_csv(progress),
            f"{run}.csv",
            "text/csv",
            icon=":material/download:",
            help="Every step's loss, and the validation metrics of every epoch.",
            on_click="ignore",
        )
        st.download_button(
            "Run as JSON",
            lambda: tables.run_json(store(), run),
            f"{run}.json",
            "application/json",
            icon=":material/download:",
            help="The config, the certificate and all events.",
            on_click="ignore",
        )
        st.page_link("../pages/scripts.py", label="Its code", icon=":material/code:", query_params={"run": run},
                     help="What ran, and scripts that do the same.")  # fmt: skip
        st.page_link("../pages/graphs.py", label="Its graphs", icon=":material/account_tree:",
                     query_params={"run": run}, help="Its network as each framework sees it.")  # fmt: skip
        st.page_link("../pages/deploy.py", label="Deploy it", icon=":material/deployed_code:",
                     query_params={"run": run}, help="As a file that others can run, and served.")  # fmt: skip
