"""The divergence microscope: where in the network, and at which step, both sides of a run begin to differ."""

import math

import streamlit as st

from engine.charts import microscope
from engine.examinations.examination import MOST_STEPS, Request
from engine.examinations.examined import MicroscopeResult, read_microscope
from engine.fairness.divergence import TOLERANCES
from engine.store.progress import RunProgress
from ui import examinations
from ui.plain import plain
from ui.server import store

FROM = {"start": "From the beginning", "end": "From the last checkpoint"}
EXPONENTS = (-15, -1)


def show(progress: RunProgress) -> None:
    """What is asked, the button, and the heatmap that there is for it."""
    st.caption(
        "Both frameworks train this config anew in lock-step. Before every step, the output of each layer for that "
        "step's batch and the gradient of each weight are compared, at up to 128 places each."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="microscope-asked"):
        begin = st.segmented_control(
            "Begin",
            list(FROM),
            default="start",
            required=True,
            format_func=FROM.__getitem__,
            disabled=not progress.ended,
            key="microscope-from",
        )
        steps = st.number_input("Steps", 1, MOST_STEPS["microscope"], 100, step=10, key="microscope-steps", width=140)
    if begin == "end":
        st.caption("Each side goes on from its own checkpoint, so what the run itself drove apart shows at once.")
    run = progress.run if begin == "end" else ""
    request = examinations.requested(lambda: Request.build("microscope", progress.config, int(steps), run))
    if request is None:
        return
    found = examinations.known(lambda: read_microscope(request.folder(store())))
    examinations.panel(request, "Look", found is not None)
    if found:
        _show(found)


def _show(found: MicroscopeResult) -> None:
    usual = round(math.log10(TOLERANCES[found.precision]))
    with st.container(horizontal=True, vertical_alignment="bottom", key="microscope-shown"):
        exponent = st.slider(
            "Tolerance",
            *EXPONENTS,
            usual,
            format="1e%d",
            key=f"microscope-tolerance-{found.precision}",
            width=260,
            help="Relative: the largest difference in a layer over the largest number in it.",
        )
        against = st.toggle("Against the noise", key="microscope-noise", help="Each framework against itself.")
    tolerance = 10.0**exponent
    st.write(plain(microscope.first_words(found, tolerance)))
    if missing := microscope.left_out_words(found.divergence):
        st.caption(plain(missing))
    drawn = microscope.figure(found, tolerance, against)
    alt = f"Heatmap of layers over steps. {microscope.first_words(found, tolerance)}"
    st.plotly_chart(drawn, key="microscope-heatmap", width="stretch", alt=alt)
    st.caption(
        "Rows go down as the pass goes through the network, then the gradients (∂) from the output back. The noise is "
        "how far a framework comes apart from itself when it begins with weights changed by one rounding."
    )
