"""Both decision boundaries and their difference, painted on canvases in the page as the views come in."""

from pathlib import Path

import streamlit as st

from ui.views_route import VIEWS_PATH


def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "boundary",
    html='<div class="tandem-boundary"></div>',
    css=_asset("boundary.css"),
    js=_asset("boundary.js"),
    isolate_styles=False,
)


def boundary(run: str, *, live: bool, step: int | None = None, key: str = "boundary") -> None:
    """The boundaries of a run: the newest ones as they come while it is `live`, or those nearest to `step`."""
    _mount(key=key, data={"run": run, "live": live, "step": step, "path": VIEWS_PATH})
