"""A network as each framework sees it: its graphs drawn, searched and counted, and both matched layer by layer."""

import pandas as pd
import streamlit as st

from engine.config import FRAMEWORKS, NAMES, RunConfig
from engine.graphs.graph import VIEWS, Seen
from engine.graphs.request import Request, read
from engine.task import TaskError
from ui import examinations
from ui.colours import coloured
from ui.plain import plain
from ui.server import store

MOST_BATCH = 4096
DOING = "{both} build the network and draw their graphs"
PASSES = {"Training": True, "Inference": False}


def show(config: RunConfig) -> None:
    """The button that draws; then all that there is of both sides."""
    chosen = st.segmented_control("Pass", list(PASSES), default="Training", required=True, key="graphs-pass")
    request = examinations.requested(lambda: Request.build(config, PASSES[chosen]))
    if request is None:
        return
    seen = _read(request)
    examinations.panel(request, "Draw the graphs", seen is not None, doing=DOING)
    if seen:
        st.caption(plain(" · ".join(f"{NAMES[side]} {one.version}" for side, one in seen.items())))
        _counts(seen)


def _read(request: Request) -> dict[str, Seen] | None:
    try:
        return read(request, store())
    except TaskError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return None


def _counts(seen: dict[str, Seen]) -> None:
    for side, column in zip(FRAMEWORKS, st.columns(len(FRAMEWORKS)), strict=True):
        with column:
            graph = seen[side].graphs["graph"]
            st.markdown(f"{coloured(side)}: {VIEWS[side]['graph'][0]}")
            counts = pd.Series(graph.counts(), name="Count").rename_axis("Operation")
            st.dataframe(counts, key=f"graphs-counts-{side}")
