"""What the runs take on the disk, what of that may go, and the trash."""

import time
from collections.abc import Sequence

import streamlit as st

from engine.quantities import count, size
from engine.store import disk_use, trash
from engine.store.run_rows import Row, size_of_folder
from ui import recent, runs_actions
from ui.plain import plain
from ui.server import run_rows, store

LOOKED = "runs.disk.looked"  # what takes the disk, as it was when somebody asked
MOST_SHOWN = 50
KINDS = {
    "checkpoints": ("Checkpoints", "Resume and Deploy begin with them; they go with their run."),
    "views": ("Views", "What it learned, step by step. Without them the curves stay."),
    "tensorboard": ("TensorBoard files", "Without them TensorBoard does not show the run; this dashboard does."),
    "exports": ("Exported files", "Deploy can make them again."),
    disk_use.RECORDS: ("Records", "Configs, events and evidence, of which curves and certificates are made."),
}


def show(rows: Sequence[Row]) -> None:
    """All of it, once it is unfolded."""
    with st.expander("Disk and trash", icon=":material/hard_drive:", key="runs.disk", on_change="rerun") as place:
        if not place.open:
            return
        taken = size(sum(row.bytes or 0 for row in rows))
        with st.container(horizontal=True, vertical_alignment="center", key="runs.taken"):
            st.markdown(f"Runs that have ended take {taken} in {plain(str(store().root))}.")
            st.button("What takes it", icon=":material/data_usage:", on_click=runs_actions.each,
                      args=(lambda _: _look(), ["disk"]))  # fmt: skip
        if LOOKED in st.session_state:
            _kinds(st.session_state[LOOKED])
        _trash()


def _look() -> None:
    st.session_state[LOOKED] = disk_use.by_kind(store())


def _kinds(found: dict[str, int]) -> None:
    """A row for each kind, the largest first; a button where it may go."""
    for kind, taken in sorted(found.items(), key=lambda item: -item[1]):
        name, told = KINDS[kind]
        with st.container(horizontal=True, vertical_alignment="center", key=f"runs.kind.{kind}"):
            st.markdown(f"**{name}**, {size(taken)}. {told}")
            if kind in disk_use.SPARE and taken:
                st.button("Remove", icon=":material/delete_sweep:", key=f"runs.clean.{kind}", type="tertiary",
                          on_click=runs_actions.each, args=(_clean, [kind]),
                          help="Of all runs that have ended, for good. The runs stay.")  # fmt: skip


def _clean(kind: str) -> None:
    changed = disk_use.clean(store(), kind)
    run_rows().changed(changed)
    _look()
    st.toast(f"{KINDS[kind][0]} of {count(len(changed), 'run')} removed.")


def _trash() -> None:
    """What was deleted, and the ways back and out."""
    gone = trash.deleted(store())
    if not gone:
        st.caption("The trash is empty. What is deleted waits there for 24 hours and then goes by itself.")
        return
    st.caption("The trash, where what is deleted waits for 24 hours and then goes by itself:")
    for one in gone[:MOST_SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center", key=f"runs.trash.{one.path.name}"):
            hours = max(0.0, (one.time + trash.KEPT_SECONDS - time.time()) / 3600)
            st.markdown(f"{plain(one.run)} · made {recent.moment(one.run)} · {hours:.0f} h left")
            st.button("Put back", icon=":material/undo:", key=f"runs.undo.{one.path.name}",
                      on_click=runs_actions.each, args=(runs_actions.restore, [one.run]))  # fmt: skip
    if len(gone) > MOST_SHOWN:
        st.caption(f"And {count(len(gone) - MOST_SHOWN, 'run')} more.")
    free = size(sum(size_of_folder(one.path) for one in gone))
    st.button(f"Empty the trash now, {free}", icon=":material/delete_forever:", on_click=runs_actions.each,
              args=(lambda _: trash.empty(store(), time.time() + 1), ["trash"]))  # fmt: skip
