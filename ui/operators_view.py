"""Where a step's time goes: the operators of both frameworks by family, and their traces to take away."""

from functools import partial
from importlib.util import find_spec
from pathlib import Path

import streamlit as st

from engine.charts import operators
from engine.config import EXECUTIONS, NAMES, RunConfig
from engine.operators.request import MOST_STEPS, Request
from engine.operators.results import OperatorProfile, read_profile
from engine.store.progress import RunProgress
from ui import examinations
from ui.plain import plain
from ui.server import store

TYPES = {".gz": "application/gzip", ".pb": "application/octet-stream"}


def show(progress: RunProgress) -> None:
    """What is asked, the button, and the profile that there is for it."""
    st.caption("Each framework trains some steps of this config anew under its own profiler, one after the other.")
    config, steps = _asked(progress.config)
    request = examinations.requested(lambda: Request.build(RunConfig.build(config), steps))
    if request is None:
        return
    found = examinations.known(lambda: read_profile(request.folder(store())))
    examinations.panel(request, "Profile", found is not None, examinations.ALONE)
    if found:
        _show(found)


def _asked(config: RunConfig) -> tuple[dict, int]:
    """The run's config with the executions that are chosen, and how many steps."""
    chosen = {}
    with st.container(horizontal=True, vertical_alignment="bottom", key="operators-asked"):
        for side, executions in EXECUTIONS.items():
            own = getattr(config.execution, side)
            chosen[side] = st.segmented_control(
                NAMES[side], executions, default=own, required=True, key=f"operators-{side}"
            )
        steps = st.number_input("Steps", 1, MOST_STEPS, 50, step=10, key="operators-steps", width=140)
    return config.model_dump() | {"execution": chosen, "steps_per_call": {}}, int(steps)


def _show(found: OperatorProfile) -> None:
    st.write(plain(operators.headline(found)))
    theme = st.context.theme.type or "light"
    alt = f"Time per step by family of operators, for both frameworks. {operators.headline(found)}"
    st.plotly_chart(operators.figure(found, theme), key="operators-figure", width="stretch", alt=alt)
    st.write(plain(operators.cost(found)))
    for sentence in operators.doubts(found):
        st.caption(plain(sentence))
    st.caption(operators.METHOD)
    _tables(found)
    _traces(found)


def _tables(found: OperatorProfile) -> None:
    place = st.expander("Operators, one by one", icon=":material/list:", key="operators-list", on_change="rerun")
    if place.open:
        with place:
            for name, side in found.sides.items():
                st.markdown(f"**{NAMES[name]}**, {side.steps:,} steps")
                st.dataframe(operators.table(side), width="stretch", key=f"operators-table-{name}")


def _traces(found: OperatorProfile) -> None:
    with st.container(horizontal=True, key="operators-traces"):
        for side, paths in found.traces().items():
            for path in paths:
                kind = "xplane" if path.suffix == ".pb" else "trace"
                st.download_button(
                    f"{NAMES[side]} {kind}",
                    partial(_content, path),
                    path.name,
                    TYPES[path.suffix],
                    icon=":material/download:",
                    key=f"operators-{path.name}",
                    on_click="ignore",
                )
    plugin = "is" if find_spec("tensorboard_plugin_profile") else "is not"
    st.caption(
        "Both traces are in Chrome's trace format, for chrome://tracing or Perfetto (ui.perfetto.dev, on the web). "
        f"The xplane file is for TensorBoard's profile plugin, which {plugin} installed here: "
        "put it into plugins/profile/NAME of a log folder."
    )


def _content(path: Path) -> bytes:
    """The file; nothing where it was deleted meanwhile."""
    return path.read_bytes() if path.exists() else b""
