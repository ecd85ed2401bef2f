"""The form of a person's own table: a file that is uploaded or named by its path, and what it is to be used for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from engine.datasets import own_table, uploads
from engine.datasets.catalogue import DatasetError
from engine.datasets.table import Report
from engine.datasets.table_file import SIZE_LIMIT
from engine.datasets.targets import TASKS
from ui import address, refusals
from ui.fields import Fields
from ui.plain import plain
from ui.server import store

OF = "dataset_options"
NOTHING: dict[str, Any] = {f"{OF}.path": "", f"{OF}.target": "", f"{OF}.features": [], f"{OF}.task": ""}
NAMES = "table_names"
EVERY = "All that can be learned from"
HELP = (
    f"A CSV, TSV or Parquet file of at most {uploads.LIMIT} MB. It stays on this machine: the dashboard keeps a copy "
    "in the folder of the runs. A run stores its hash and the names of its columns and classes."
)


def show(fields: Fields) -> None:
    """The widgets; what is chosen becomes the dataset's options, or one sentence where that cannot be."""
    for name, nothing in NOTHING.items():
        address.offer(name, nothing)
    _source(fields)
    path = address.start(f"{OF}.path")
    fields.values[OF] = {}
    if refusal := refusals.kept("table"):
        fields.refuse(f"{OF}.path", refusal)
    elif not path:
        fields.refuse(f"{OF}.path", "Upload a table, or give its path.", icon=":material/upload_file:")
    else:
        try:
            names, detected = own_table.columns(path)
        except DatasetError as error:
            fields.refuse(f"{OF}.path", str(error))
        else:
            _choices(fields, path, names, detected)


def _source(fields: Fields) -> None:
    """Where the table comes from; the widgets only take, and what was taken stands below them."""
    path, taken = address.start(f"{OF}.path"), address.key(f"{OF}.path")  # with another path both widgets begin anew
    widget = f"{taken} upload"
    kinds = list(uploads.ENDINGS)
    st.file_uploader(
        "Your table",
        kinds,
        max_upload_size=uploads.LIMIT,
        key=widget,
        help=HELP,
        on_change=_take_upload,
        args=(widget,),
    )
    uploaded = bool(path) and uploads.is_upload(store().root, path)
    typed = f"{taken} typed"  # not the field: an upload has a path that nobody typed
    st.text_input(
        "Or its path on this machine",
        "" if uploaded else path,
        key=typed,
        placeholder="/home/me/table.csv",
        help=f"A file of at most {SIZE_LIMIT // 1_000_000} MB. It is read where it is.",
        on_change=_take_path,
        args=(typed,),
    )
    if uploaded:
        name = st.session_state.get(NAMES, {}).get(path) or f"Upload {Path(path).name[:12]}…"
        st.markdown(f":material/table: {plain(name)}")
    fields.place(f"{OF}.path", "Your table")


def _take_upload(widget: str) -> None:
    upload = st.session_state[widget]
    if upload is None:  # taken away again in the browser
        refusals.keep("table", "")
        return
    try:
        path = str(uploads.keep(store().root, upload.name, upload.getbuffer()))
    except DatasetError as error:
        refusals.keep("table", str(error))
        return
    st.session_state[NAMES] = st.session_state.get(NAMES, {}) | {path: upload.name}
    _take(path)


def _take_path(widget: str) -> None:
    _take(st.session_state[widget].strip())


def _take(path: str) -> None:
    """Another table: nothing that was chosen of the one before it need be there."""
    refusals.keep("table", "")
    address.fill_in({**NOTHING, f"{OF}.path": path})
    address.touch()


def _choices(fields: Fields, path: str, names: list[str], detected: str) -> None:
    """Target, task and features, and what comes of them."""
    if address.start(f"{OF}.target") not in names:
        address.start_with(f"{OF}.target", detected or names[-1])
    target = fields.choice(f"{OF}.target", {name: name for name in names}, texts=("Target", "The column to predict."))
    found, trouble = _looked(path, target)
    by_itself = f"Detected: {found[0]['task']}" if found else "Detected"
    tasks = {"": by_itself, **{task: task.capitalize() for task in TASKS}}
    meaning = "Classes are told apart, or a number is predicted. Few whole numbers and all texts are taken for classes."
    task = fields.choice(f"{OF}.task", tasks, texts=("Task", meaning))
    if task:
        found, trouble = _looked(path, target, task=task)
    usable = [column.name for column in found[1].columns if column.width] if found else []
    features = _features(fields, usable)
    if not found:
        fields.refuse(f"{OF}.{'task' if task and _looked(path, target)[0] else 'target'}", trouble)
        return
    if features:
        found, trouble = _looked(path, target, features, task)
        if not found:
            fields.refuse(f"{OF}.features", trouble)
            return
    fields.values[OF], report = found
    _report(fields.values[OF], report)


def _features(fields: Fields, usable: list[str]) -> list[str]:
    """The columns to learn from; none that is chosen means all of them."""
    field = f"{OF}.features"
    chosen = st.multiselect(
        "Learn from",
        usable,
        [name for name in address.start(field) if name in usable],
        key=address.key(field),
        help="Choose some columns, or none for all that can be learned from.",
        placeholder=f"{EVERY} ({len(usable):,})",
        on_change=address.touch,
    )
    fields.place(field, "Learn from")
    return chosen


def _looked(
    path: str, target: str, features: list[str] | None = None, task: str = ""
) -> tuple[tuple[dict[str, Any], Report] | None, str]:
    """What the table says with these choices, or why it is refused."""
    try:
        return own_table.look(path, target, features, task or None), ""
    except DatasetError as error:
        return None, str(error)


def _report(options: Mapping[str, Any], report: Report) -> None:
    """What a person should know before training, in few lines; the columns one by one where somebody asks."""
    st.caption(plain(" ".join([own_table.summary(options, report), *report.notes])))
    if st.button("What becomes of each column", icon=":material/table_view:", type="tertiary", key="train.columns"):
        _columns(options, report)


@st.dialog("What becomes of each column", width="large")
def _columns(options: Mapping[str, Any], report: Report) -> None:
    """One row per column; names come from the file."""
    rows = {
        "Column": [plain(column.name) for column in report.columns],
        "Holds": [column.kind for column in report.columns],
        "Missing": [column.missing for column in report.columns],
        "Different": [column.distinct for column in report.columns],
        "What becomes of it": [plain(own_table.becomes(column, options)) for column in report.columns],
    }
    st.table(rows, border="horizontal", hide_index=True, alt="What becomes of each column")
    st.caption(f"SHA-256 of the file: {options['sha256']}")
