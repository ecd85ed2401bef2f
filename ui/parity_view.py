"""Parity of a run's config: certified in float64, and float32 shown against its noise floor."""

import streamlit as st

from engine.charts import parity
from engine.examinations.examination import MOST_STEPS, Request
from engine.examinations.examined import ParityResult, read_parity
from engine.store.progress import RunProgress
from ui import examinations
from ui.plain import plain
from ui.server import store


def show(progress: RunProgress) -> None:
    """The button, and the result that there is for this config."""
    st.caption(
        "Both frameworks train this config anew: in float64, where rounding is too small to hide anything, and in "
        "float32. Each also trains once from weights changed by one rounding: that is its noise floor."
    )
    steps = st.number_input("Steps", 10, MOST_STEPS["parity"], 300, step=50, key="parity-steps", width=160)
    request = examinations.requested(lambda: Request.build("parity", progress.config, int(steps)))
    if request is None:
        return
    found = examinations.known(lambda: read_parity(request.folder(store())))
    examinations.panel(request, "Certify in float64", found is not None)
    if found:
        _show(found)


def _show(found: ParityResult) -> None:
    tell, icon = (st.success, "verified") if found.passed else (st.warning, "warning")
    why = parity.explained(found)
    tell(f"{parity.verdict_words(found)} {why}".strip(), icon=f":material/{icon}:")
    st.table(parity.checks_table(found), border="horizontal", alt="Each check of the losses, its limit and verdict")
    st.subheader("float64")
    st.write(plain(parity.weights_words(found.float64)))
    alt = "Relative difference of the losses in float64 against its noise floor and the limits, over steps"
    st.plotly_chart(parity.figure(found.float64), key="parity-float64", width="stretch", alt=alt)
    st.subheader("float32")
    st.write(plain(parity.floor_words(found)))
    alt = "Relative difference of the losses in float32 against its noise floor, over steps"
    st.plotly_chart(parity.figure(found.float32), key="parity-float32", width="stretch", alt=alt)
    st.caption(
        "Beyond the first 10 steps float32 has no limit: what happens there is shown and never fails. "
        "Steps without any difference are drawn at the bottom."
    )
    weights = st.expander("Weights, one by one", icon=":material/grid_on:", key="parity-weights", on_change="rerun")
    if weights.open:
        weights.caption("‖difference‖ / ‖weight‖ after the last step.")
        weights.dataframe(parity.weights_table(found), width="stretch")
