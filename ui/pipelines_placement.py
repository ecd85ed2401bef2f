"""Devices: each way of placing tensors in both frameworks, where they ended up, and what a missing device gives."""

import ast

import pandas as pd
import streamlit as st

from engine.config import NAMES
from engine.pipelines.placement import WAYS, Outcome, Request, read
from engine.pipelines.sources import source
from ui import examinations
from ui.colours import coloured
from ui.plain import plain
from ui.server import store
from ui.sides import columns

DOING = "{both} place tensors"


def show() -> None:
    """The button, then each way with its code and what came of it."""
    request = Request()
    st.markdown(
        "Both have a second device here that needs no hardware: PyTorch's `meta`, which knows shapes alone, and half "
        "of the processor as `CPU:1` in TensorFlow. Graphics cards are hidden from these processes."
    )
    found = examinations.known(lambda: read(request, store()))
    examinations.panel(request, "Run", found is not None, doing=DOING)
    for way in WAYS:
        st.subheader(way.title)
        st.markdown(way.told)
        for side, column in columns():
            with column:
                st.markdown(coloured(side))
                st.code(_function(side, way.name), language="python")
                if found:
                    _outcome(found.sides[side][way.name], f"placement-{way.name}-{side}")
    if found:
        st.caption(plain(" · ".join(f"{NAMES[side]} {version}" for side, version in found.versions.items())))


def _function(side: str, name: str) -> str:
    """The text of one function, and of what it is told of devices."""
    text = source("placement", side)
    named = next(line for line in text.splitlines() if line.startswith("SECOND"))
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == name]
    return f"{named}\n\n{ast.get_source_segment(text, functions[0])}"


def _outcome(outcome: Outcome, key: str) -> None:
    if outcome.raised:
        st.markdown(":material/error: It raised:")
        st.code(outcome.raised, language=None, wrap_lines=True)
        return
    rows = pd.DataFrame({"Tensor": list(outcome.devices), "Device": list(outcome.devices.values())})
    st.dataframe(rows, hide_index=True, width="stretch", key=key)
