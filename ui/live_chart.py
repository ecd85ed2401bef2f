"""The live chart: both sides' curves of one run, fed by the live route and drawn in place by Plotly."""

from pathlib import Path
from typing import Literal

import streamlit as st

from ui.live_route import LIVE_PATH, PLOTLY_PATH


def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "live_chart",
    html=_asset("live_chart.html"),
    css=_asset("live_chart.css"),
    js="\n".join(_asset(name) for name in ("live_chart_feed.js", "live_chart_figure.js", "live_chart.js")),
    isolate_styles=False,
)


def live_chart(
    run: str,
    *,
    x: Literal["step", "epoch", "seconds"] = "step",
    log: bool = False,
    smoothing: float = 0.0,
    launches: int = 1,
    key: str = "live_chart",
) -> None:
    """Mount the chart of a run, or with `run=""` an empty one that has Plotly loaded before it is needed.

    `smoothing` (0 to 0.99) is the decay of a moving average per step. While `key` stays, a rerun and any other
    argument keep the chart, its zoom and its hidden traces; a new `launches` makes it follow an ended run again.
    """
    options = {"run": run, "x": x, "log": log, "smoothing": smoothing, "launches": launches}
    _mount(key=key, data={**options, "live": LIVE_PATH, "plotly": PLOTLY_PATH})
