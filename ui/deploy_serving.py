"""The server of one exported file on the Deploy page: started, asked by a bounded load, and stopped."""

import threading
from collections.abc import Sequence

import streamlit as st

from engine.config import NAMES
from engine.exports.catalogue import of_side
from engine.exports.load import CONNECTIONS, MOST_REQUESTS, SECONDS
from engine.exports.results import ExportError, Result, read
from engine.exports.server import IDLE_SECONDS
from engine.exports.serving import Served
from engine.runs import StoreError
from ui import refusals
from ui.plain import plain
from ui.server import store

REFRESH_SECONDS = 1.0
_served: list[Served] = []
_starting = threading.Lock()


def begin(run: str, side: str, name: str) -> None:
    """Start the one server that there may be. Raises StoreError."""
    with _starting:
        if any(not served.ended for served in _served):
            raise ExportError("A server runs already; stop it first.")
        _served[:] = [Served(store(), run, side, name)]


def panel(run: str, sides: Sequence[str]) -> None:
    """Which file to serve and the button for it; or the server that runs."""
    st.subheader("Serve it")
    served = _served[0] if _served else None
    if served and not served.ended:
        st.fragment(_running, run_every=REFRESH_SECONDS)(served)
        return
    refusals.warning(refusals.taken("deploy.serve") or (served.trouble if served else ""))
    every = [read(store(), run, side, form.name) for side in sides for form in of_side(side) if form.served]
    results = {f"{one.side}-{one.format.name}": one for one in every if one and one.state != "failed"}
    if not results:
        st.caption("Export ONNX or a SavedModel, and it can be served here.")
        return
    _choice(run, results)
    if served and served.run == run and served.measured:
        _measured(served)


def _choice(run: str, results: dict[str, Result]) -> None:
    words = {key: f"{NAMES[one.side]}, {one.format.title}, {one.state}" for key, one in results.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = st.selectbox("File", list(words), format_func=words.__getitem__, key="deploy-serve-file", width=360)
        st.button(
            "Start the server",
            icon=":material/cell_tower:",
            key="deploy-serve",
            on_click=_begin,
            args=(run, results[key].side, results[key].format.name),
        )
    st.caption(
        "A process of its own, which only this machine can reach. It ends with the dashboard, and after "
        f"{IDLE_SECONDS / 60:.0f} minutes in which nobody asked it anything."
    )


def _begin(run: str, side: str, name: str) -> None:
    try:
        begin(run, side, name)
    except StoreError as error:
        refusals.keep("deploy.serve", str(error))


def _running(served: Served) -> None:
    if served.ended:
        st.rerun()
    title = f"{NAMES[served.side]}, {served.format.title}"
    if served.address:
        st.markdown(f":material/cell_tower: {title} of the run {plain(served.run)} at `{served.address}`")
        st.code(served.curl, language="sh", wrap_lines=True)
    else:
        st.markdown(f":material/hourglass_top: {title} is being loaded")
    with st.container(horizontal=True):
        st.button(
            "Measure",
            icon=":material/speed:",
            key="deploy-load",
            disabled=not served.address or served.loading,
            on_click=served.measure,
            help=f"{CONNECTIONS} connections ask at once, at most {MOST_REQUESTS:,} requests within {SECONDS:.0f} s.",
        )
        st.button("Stop the server", icon=":material/stop:", key="deploy-serve-stop", on_click=served.stop)
    if served.loading:
        st.caption("The load goes on…")
    elif served.measured:
        _measured(served)


def _measured(served: Served) -> None:
    found = served.measured or {}
    failed = f", {found['failed']:,} failed" if found["failed"] else ""
    st.markdown(
        f"**{found['per_second']:,.0f} requests a second**, p50 {found['p50'] * 1e3:.2g} ms, "
        f"**p99 {found['p99'] * 1e3:.2g} ms**: {found['answered']:,} answered{failed} in {found['seconds']:.1f} s over "
        f"{found['connections']} connections, one row each. Whoever asked ran on this machine too."
    )
