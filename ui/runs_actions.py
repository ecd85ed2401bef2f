"""What can be done with the runs that are ticked, and with those that were deleted just now."""

import io
import time
from collections.abc import Sequence

import streamlit as st

from engine import assignments
from engine.quantities import count, size
from engine.runs import StoreError
from engine.store import labels, run_files, trash
from engine.store.run_rows import Row
from ui import refusals
from ui.plain import plain
from ui.server import launcher, store

TRAIN, COMPARE = "../pages/train.py", "../pages/compare.py"
DELETED = "runs.gone"
RESUMABLE = ("stopped", "interrupted")


def bar(chosen: Sequence[Row]) -> None:
    """A line of what can be done; nothing is offered that cannot be."""
    if not chosen:
        st.caption("Tick runs to open, compare, name, export or delete them. A click on a title sorts.")
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="runs.actions"):
        st.markdown(f"**{count(len(chosen), 'run')}**")
        if len(chosen) == 1:
            _of_one(chosen[0])
        ids = [row.run for row in chosen]
        st.page_link(COMPARE, label="Compare", icon=":material/stacked_line_chart:",
                     query_params={"runs": ",".join(ids)})  # fmt: skip
        resumable = [row.run for row in chosen if {*row.words.values()} & {*RESUMABLE}]
        if resumable:
            st.button("Resume", icon=":material/play_arrow:", on_click=each, args=(launcher().resume, resumable),
                      disabled=not launcher().leads, help="Goes on from the last checkpoint.")  # fmt: skip
        active = [row.run for row in chosen if not row.trouble and not row.ended]
        if active:
            st.button("Stop", icon=":material/stop:", on_click=each, args=(launcher().stop, active))
        if len(chosen) == 1 and not chosen[0].trouble:
            with st.popover("Name", icon=":material/edit:", key="runs.label"):
                _label(chosen[0])
        if all(row.ended for row in chosen):
            with st.popover("Export", icon=":material/download:", key="runs.export"):
                _export(chosen)
        st.button(
            "Delete", icon=":material/delete:", on_click=each, args=(_delete, ids), disabled=bool(active),
            help="Moves them to the trash, from where they come back within 24 hours.",
        )  # fmt: skip


def troubles(chosen: Sequence[Row]) -> None:
    """Why runs that are ticked cannot be read."""
    for row in chosen:
        if row.trouble:
            st.warning(plain(row.trouble), icon=":material/broken_image:")


def said() -> None:
    """Why the last action did not do all that was asked; what was deleted last, and the way back."""
    refusals.error(refusals.taken("runs"))
    if gone := list(st.session_state.get(DELETED, [])):
        with st.container(horizontal=True, vertical_alignment="center", key="runs.deleted"):
            st.markdown(f"Deleted {count(len(gone), 'run')}.")
            st.button("Undo", icon=":material/undo:", on_click=each, args=(restore, gone))
            st.button("Dismiss", icon=":material/close:", type="tertiary", on_click=_dismiss)


def _dismiss() -> None:
    st.session_state[DELETED] = []


def _of_one(row: Row) -> None:
    st.page_link(TRAIN, label="Open", icon=":material/open_in_new:", query_params={"run": row.run})
    if row.trouble:
        return
    try:
        config = assignments.changes(store().config(row.run))
    except StoreError as error:  # gone meanwhile
        st.markdown(plain(str(error)))
        return
    st.page_link(TRAIN, label="Change and run again", icon=":material/tune:", query_params=config,
                 help="Opens the form with what this run was asked to do.")  # fmt: skip


def _label(row: Row) -> None:
    with st.form(f"runs.label.{row.run}", border=False):
        called, tagged, noted = labels.allowed(row.name, row.tags, row.note)  # a file may hold more
        most = labels.LONGEST
        name = st.text_input("Name", called, max_chars=most["name"], placeholder=f"{row.network} on {row.dataset}")
        tags = st.multiselect("Tags", tagged, tagged, accept_new_options=True, max_selections=labels.MOST_TAGS)
        note = st.text_area("Note", noted, max_chars=most["note"])
        if st.form_submit_button("Keep", disabled=not launcher().leads):
            each(lambda run: launcher().label(run, name or "", tuple(tags), note or ""), [row.run])
            st.rerun()


def _export(rows: Sequence[Row]) -> None:
    """Large runs take some seconds to pack, so nothing is packed before a person asks."""
    total, ids = sum(row.bytes or 0 for row in rows), [row.run for row in rows]
    if total > run_files.MOST_BYTES:  # of which some may stay here
        try:
            run_files.gather(store(), ids)
        except StoreError as error:
            st.caption(plain(str(error)))
            return
    st.caption(f"One zip file with all that the {count(len(rows), 'run')} recorded, {size(total)} before it is packed.")

    def packed() -> bytes:
        file = io.BytesIO()
        run_files.export(store(), ids, file)
        return file.getvalue()

    name = f"{ids[0]}.zip" if len(ids) == 1 else f"{len(ids)}-runs.zip"
    st.download_button("Download", packed, name, "application/zip", icon=":material/download:")


def _delete(run: str) -> None:
    trash.delete(store(), run, time.time())
    st.session_state.setdefault(DELETED, []).append(run)


def restore(run: str) -> None:
    """Put a deleted run back. Raises StoreError."""
    trash.restore(store(), run)
    if run in st.session_state.get(DELETED, []):
        st.session_state[DELETED].remove(run)


def each(act, runs: Sequence[str]) -> None:
    """Do it to each; what cannot be done to one keeps no other from it."""
    refused = []
    for run in runs:
        try:
            act(run)
        except StoreError as error:
            refused.append(str(error))
    refusals.keep("runs", " ".join(refused))


def importer() -> None:
    """Take in runs that somebody exported."""
    with st.popover("Import", icon=":material/upload_file:", key="runs.importer"):
        st.file_uploader(
            "Runs as a zip file", ["zip"], max_upload_size=run_files.MOST_BYTES // 10**6, key="runs.file",
            on_change=_take_in, help="What “Export” gave here or on another dashboard, of one run or of several.",
        )  # fmt: skip


def _take_in() -> None:
    upload = st.session_state["runs.file"]
    if upload is not None:
        each(lambda _: st.toast(run_files.take_in(store(), upload).words()), [upload.name])
