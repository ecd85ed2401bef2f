"""Graphs: a network as each framework sees it, branches that depend on a tensor, and what compiles again."""

import streamlit as st

from engine.config import ConfigError, RunConfig
from engine.datasets.dataset import DatasetError
from engine.networks.catalogue import NETWORKS
from engine.networks.declaration import OwnNetworkError
from engine.runs import StoreError
from ui import graphs_network_view
from ui.plain import plain
from ui.server import store


def config_of_form() -> RunConfig | None:
    """The config that the person chooses, or that of the run which the link names; the address follows."""
    run = st.query_params.get("run")
    if run:
        config = store().config(run)
        st.caption(plain(f"The network of the run {run}: {config.network} on {config.dataset}."))
        st.button("Choose another network", key="graphs-leave", on_click=lambda: st.query_params.pop("run"))
        return config
    with st.container(horizontal=True, vertical_alignment="bottom", key="graphs-asked"):
        network = _chosen("network", "Network", list(NETWORKS), lambda name: NETWORKS[name].title)
        dataset = _chosen("dataset", "Dataset", list(NETWORKS[network].recipes), str)
        usual = NETWORKS[network].recipes[dataset].batch_size
        asked = st.query_params.get("batch_size", "")
        value = int(asked) if asked.isdecimal() and 0 < int(asked) <= graphs_network_view.MOST_BATCH else usual
        size = st.number_input(
            "Batch size", 1, graphs_network_view.MOST_BATCH, value, key=f"graphs-batch-{network}-{dataset}", width=140
        )
    st.query_params["batch_size"] = str(size)
    return RunConfig.build({"network": network, "dataset": dataset, "batch_size": int(size)})


def _chosen(name: str, label: str, names: list[str], words) -> str:
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


st.title("Graphs")
try:
    config = config_of_form()
    if config:
        graphs_network_view.show(config)
except (StoreError, DatasetError, OwnNetworkError, ConfigError) as error:
    st.warning(plain(str(error)), icon=":material/search_off:")
