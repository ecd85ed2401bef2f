"""Graphs: a network as each framework sees it, branches that depend on a tensor, and what compiles again."""

from collections.abc import Callable

import streamlit as st

from engine.config import NAMES, ConfigError, RunConfig
from engine.datasets.dataset import DatasetError
from engine.networks.catalogue import NETWORKS
from engine.networks.declaration import OwnNetworkError
from engine.runs import StoreError
from ui import graphs_branches_view, graphs_network_view, graphs_retracing_view
from ui.plain import plain
from ui.server import store

PARTS = {"network": "A network", "branches": "A branch on a tensor", "shapes": "Compiling again"}


def config_of_form() -> RunConfig:
    """The config that the person chooses, or that of the run which the link names; the address follows."""
    run = st.query_params.get("run")
    if run:
        config = store().config(run)
        st.caption(plain(f"The network of the run {run}: {config.network} on {config.dataset}."))
        st.button("Choose another network", key="graphs-leave", on_click=_leave_run)
        return config
    with st.container(horizontal=True, vertical_alignment="bottom", key="graphs-asked"):
        network = _chosen("network", "Network", list(NETWORKS), lambda name: NETWORKS[name].title)
        dataset = _chosen("dataset", "Dataset", list(NETWORKS[network].recipes), str)
        usual = NETWORKS[network].recipes[dataset].batch_size
        asked = st.query_params.get("batch_size", "")
        value = int(asked) if asked.isdecimal() and 0 < int(asked) <= graphs_network_view.MOST_BATCH else usual
        size = st.number_input("Batch size", 1, graphs_network_view.MOST_BATCH, value, key="graphs-batch", width=140)
    st.query_params["batch_size"] = str(size)
    return RunConfig.build({"network": network, "dataset": dataset, "batch_size": int(size)})


def _leave_run() -> None:
    st.query_params.pop("run")


def _chosen(name: str, label: str, names: list[str], words: Callable[[str], str]) -> str:
    asked = st.query_params.get(name)
    chosen = st.selectbox(
        label,
        names,
        names.index(asked) if asked in names else 0,
        format_func=words,
        key=f"graphs-{name}-{'-'.join(names)}",
        width=320,
    )
    if chosen != asked:
        st.query_params[name] = chosen
    return chosen


def chosen_part() -> str:
    """Which part of the page is looked at; the address holds it."""
    asked = st.query_params.get("part")
    part = st.segmented_control(
        "Part",
        PARTS,
        default=asked if asked in PARTS else "network",
        required=True,
        format_func=PARTS.__getitem__,
        key="graphs-part",
        label_visibility="collapsed",
    )
    st.query_params["part"] = part
    return part


def network() -> None:
    """The graphs of one network, or a sentence that says why it cannot be."""
    try:
        graphs_network_view.show(config_of_form())
    except (StoreError, DatasetError, OwnNetworkError, ConfigError) as error:
        st.warning(plain(str(error)), icon=":material/search_off:")


st.title("Graphs")
st.markdown(
    f"The same network as {' and '.join(NAMES.values())} see it, layer by layer; what becomes of a branch that depends "
    "on a tensor; and what makes them compile again."
)
{"network": network, "branches": graphs_branches_view.show, "shapes": graphs_retracing_view.show}[chosen_part()]()
