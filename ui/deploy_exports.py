"""The formats of a run's sides on the Deploy page: their states, the buttons, and the exports under way."""

import io
import threading
import zipfile
from pathlib import Path

import streamlit as st

from engine.config import NAMES
from engine.exports.catalogue import Format, of_side
from engine.exports.exporting import Exports
from engine.exports.results import ExportError, Result, read
from engine.runs import StoreError
from ui import refusals
from ui.colours import coloured
from ui.plain import plain
from ui.server import store

REFRESH_SECONDS = 0.5
COLOURS = {"verified": "green", "differs": "orange", "failed": "red"}
_under_way: list[Exports] = []
_starting = threading.Lock()


def begin(run: str, wanted: list[tuple[str, str]]) -> None:
    """Start these exports. Raises StoreError while others are under way, or where they cannot be now."""
    with _starting:
        if any(not exports.ended for exports in _under_way):
            raise ExportError("Other exports are under way; wait for their end.")
        _under_way[:] = [Exports(store(), run, wanted)]


def present(run: str) -> Exports | None:
    """The exports of this run, under way or just ended."""
    return next((exports for exports in _under_way if exports.run == run), None)


def panel(run: str) -> None:
    """How far the exports are, and a button to stop them; then what went wrong."""
    exports = present(run)
    if exports and not exports.ended:
        st.fragment(_progress, run_every=REFRESH_SECONDS)(exports)
    refusals.warning(refusals.taken("deploy") or (exports.trouble if exports and exports.ended else ""))


def _progress(exports: Exports) -> None:
    if exports.ended:
        st.rerun()
    if exports.now != st.session_state.get("deploy-now"):
        st.session_state["deploy-now"] = exports.now  # what is finished meanwhile is shown
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        if exports.now:
            side, name = exports.now
            title = next(form.title for form in of_side(side) if form.name == name)
            waiting = f", {len(exports.waiting)} more wait" if exports.waiting else ""
            st.markdown(f":material/hourglass_top: {NAMES[side]} to {title}: {exports.step}{waiting}")
        st.button("Stop", icon=":material/stop:", key="deploy-stop", on_click=exports.stop)


def formats(run: str, side: str) -> None:
    """Every format of a side: what it is, its state, and what can be done."""
    known = [(form, form.missing(side), read(store(), run, side, form.name)) for form in of_side(side)]
    left = [(side, form.name) for form, missing, result in known if not missing and result is None]
    busy = any(not exports.ended for exports in _under_way)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"### {coloured(side)}")
        st.button(
            "Export all",
            icon=":material/library_add:",
            key=f"deploy-all-{side}",
            disabled=busy or not left,
            help="Every format that is present and not exported yet, one after the other.",
            on_click=_begin,
            args=(run, left),
        )
    for form, missing, result in known:
        with st.container(border=True, key=f"deploy-{side}-{form.name}"):
            _format(run, side, form, missing, result, busy)


def _format(run: str, side: str, form: Format, missing: str, result: Result | None, busy: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{form.title}** {_badge(run, side, form, missing, result)}", width="stretch")
        st.button(
            "Export again" if result else "Export",
            icon=":material/output:",
            key=f"deploy-begin-{side}-{form.name}",
            disabled=busy or bool(missing),
            on_click=_begin,
            args=(run, [(side, form.name)]),
        )
        if result and result.state != "failed":
            stem = f"{run}-{side}"
            folder = result.path.is_dir()
            st.download_button(
                "Download",
                lambda: content(result.path),
                f"{stem}.zip" if folder else f"{stem}-{result.path.name}",
                icon=":material/download:",
                key=f"deploy-download-{side}-{form.name}",
                on_click="ignore",
            )
    st.caption(plain(form.note))
    if missing:
        st.caption(plain(missing))
    if result and result.state == "failed":
        st.code(result.message, language=None, wrap_lines=True)


def _badge(run: str, side: str, form: Format, missing: str, result: Result | None) -> str:
    exports = present(run)
    if exports and not exports.ended:
        if exports.now == (side, form.name):
            return ":blue-badge[exporting]"
        if (side, form.name) in exports.waiting:
            return ":gray-badge[waiting]"
    if result:
        return f":{COLOURS[result.state]}-badge[{result.state}]"
    return ":gray-badge[not present]" if missing else ":gray-badge[not exported]"


def _begin(run: str, wanted: list[tuple[str, str]]) -> None:
    try:
        begin(run, wanted)
    except StoreError as error:
        refusals.keep("deploy", str(error))


def content(path: Path) -> bytes:
    """The file's bytes; of a folder, a zip file of it."""
    if path.is_file():
        return path.read_bytes()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(path.rglob("*")):
            if one.is_file():
                archive.write(one, one.relative_to(path.parent))
    return file.getvalue()
