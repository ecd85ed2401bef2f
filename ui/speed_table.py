"""A table of one's own on the Speed page: a file on this machine, and the column to predict."""

from typing import Any

import streamlit as st

from engine.config import ConfigError, Problem
from engine.datasets import own_table
from engine.datasets.catalogue import DatasetError
from ui.server import store
from ui.speed_fields import Places, choice, key

ON_TRAIN = "dataset_options.path"  # of the Train page's form, which takes uploads too


def chosen(places: Places) -> dict[str, Any]:
    """The dataset's options; none while there is no table that can be learned from, and `places` has why."""
    usual = st.session_state.get("starts", {}).get(ON_TRAIN, "")
    path = st.text_input(
        "Your table", usual, key=key(f"table {usual}"), placeholder="/home/me/table.csv", persist_state="session",
        help="The path of a CSV, TSV or Parquet file on this machine. The Train page takes uploads too, and what is "
        "chosen there stands here.",
    ).strip()  # fmt: skip
    if not path:
        return {}
    try:
        names, detected = own_table.columns(path)
        first = detected or names[-1]
        columns = {name: name for name in (first, *names)}
        target = choice(places, "target_column", "Target", columns, path)
        asked = {"dataset": path, "dataset_options": {"target": target}}
        return own_table.completed(asked, store().root)["dataset_options"]
    except (DatasetError, ConfigError) as error:
        places.refused.append(Problem(field="dataset_options", sentence=str(error)))
        return {}
