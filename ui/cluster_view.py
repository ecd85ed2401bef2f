"""The nodes of the cluster, what runs where, and the lines that start a scheduler and a node."""

import contextlib
import time

import streamlit as st

from engine.cluster import nodes, place
from engine.cluster.nodes import Node
from engine.cluster.place import ClusterError
from engine.config import FRAMEWORKS, NAMES
from ui.plain import plain
from ui.server import store

ASKED = "cluster.asked"
KINDS = {**NAMES, "cuda": "GPU"}
EVERY_SECONDS = 10.0
SILENT_SECONDS = 5.0  # a node that said nothing for so long is named


def show() -> None:
    """The cluster that TANDEM_CLUSTER names, or how there comes to be one."""
    address = place.named()
    if address:
        st.markdown(f"The cluster at `{plain(address)}`. The Train and Sweeps forms offer it under Run on.")
        st.fragment(_nodes, run_every=EVERY_SECONDS)(address)
    else:
        st.info(
            "No cluster is named, so everything trains on this machine. Start a scheduler and a node, then start the "
            f"dashboard with {place.VARIABLE}=tcp://127.0.0.1:8786.",
            icon=":material/dns:",
        )
    _lines(address)


def _nodes(address: str) -> None:
    first = st.session_state.setdefault(ASKED, "") != address  # later it is asked again without a word
    try:
        with st.spinner("Asking the scheduler…") if first else contextlib.nullcontext():
            found = nodes.seen(address)
    except ClusterError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state[ASKED] = address
    if not found:
        st.warning("The scheduler answers, and has no nodes yet.", icon=":material/dns:")
        return
    with st.container(horizontal=True):
        for kind in [kind for kind in KINDS if any(kind in node.slots for node in found)]:
            slots, free = sum(node.slots.get(kind, 0) for node in found), sum(node.free(kind) for node in found)
            st.metric(f"{KINDS[kind]} slots free", f"{free} of {slots}", width="content")
    st.table([_row(node) for node in found], border="horizontal", hide_index=True, alt="The nodes and what they do")
    st.caption(f"As of {time.strftime('%H:%M:%S')}; asked again every {EVERY_SECONDS:.0f} s while this page is open.")


def _row(node: Node) -> dict[str, str]:
    slots = ", ".join(f"{KINDS[kind]} {number}" for kind, number in node.slots.items() if kind in KINDS)
    return {
        "Node": plain(node.name) + (f" (silent for {node.silent:.0f} s)" if node.silent > SILENT_SECONDS else ""),
        "Trains": "; ".join(_side(run, side) for run, side in node.sides) or "nothing",
        "Slots": slots,
        "Address": plain(node.address),
    }


def _side(run: str, side: str) -> str:
    """One side, as a link where the run is in this store; others may use the cluster too."""
    text = f"{NAMES[side]} of {run}"
    return f"[{text}](./?run={run})" if run in _known() else f"{plain(text)} (of another store)"


def _known() -> set[str]:
    return set(store().runs())


def _lines(address: str) -> None:
    with st.expander("Start a scheduler and a node", icon=":material/terminal:", expanded=not address):
        told = nodes.commands(address)
        st.markdown("On one machine, the scheduler:")
        st.code(told["scheduler"], language="bash")
        st.markdown("On each machine that is to train, which needs the same files of Tandem:")
        st.code(told["node"], language="bash")
        sides = " and ".join(f"`--{side} 2`" for side in FRAMEWORKS)
        st.caption(
            f"A node takes one side of each framework at once; {sides} make it more, `--cuda 1` offers its GPU. "
            "Whoever reaches the scheduler can run any program on its nodes: keep it on loopback, or use TLS, as "
            "docs/cluster.md describes."
        )
