"""Networks of a person's own in the form: the folder they come from, what it means to run them, what is refused."""

import streamlit as st

from engine.networks import own
from engine.networks.catalogue import NETWORKS
from ui import address
from ui.plain import plain

HELP = "A folder on this machine. It counts for every browser of this dashboard, until the dashboard ends."
REMARKS = "network_remarks"  # on networks of a person's own, by name
HOW = "A network is NAME.json, NAME_torch.py and NAME_tensorflow.py in one folder; the README says what they hold."


def settle() -> None:
    """Leave a network that its folder does not offer any more."""
    own.extend()
    if address.now("network") not in NETWORKS:
        _begin_anew()


def _begin_anew() -> None:
    name, network = next(iter(NETWORKS.items()))
    dataset = next(iter(network.recipes))
    address.fill_in({"network": name, "dataset": dataset, **address.recipe(name, dataset)})


def show(network: str) -> None:
    """Below the choice of the network."""
    if network in own.OWN:
        st.caption(f":material/warning: {plain(own.WARNING)}")
    with st.popover("Networks of your own", icon=":material/folder_code:", type="tertiary", key="train.own"):
        st.caption(f":material/warning: {plain(own.WARNING)} {HOW}")
        widget = address.key("networks")
        folder = own.named_folder()
        st.text_input("Folder", folder, key=widget, placeholder="/home/me/networks", help=HELP, on_change=_use,
                      args=(widget,))  # fmt: skip
        if own.OWN:
            st.caption(plain(f"Offered from there: {', '.join(own.OWN)}."))
        for sentence in own.extend().values():
            st.error(plain(sentence), icon=":material/block:")


def remember(network: str, remark: str) -> None:
    """Keep what is to be known of a network that was built, "" for nothing."""
    st.session_state[REMARKS] = st.session_state.get(REMARKS, {}) | {network: remark}


def show_remark(network: str) -> None:
    """What is to be known of the network, if it is one of a person's own and was built here."""
    if network in own.OWN and (remark := st.session_state.get(REMARKS, {}).get(network)):
        st.warning(plain(remark), icon=":material/rule:")


def _use(widget: str) -> None:
    own.use(st.session_state[widget].strip())
    if address.now("network") not in NETWORKS:
        _begin_anew()
        address.touch()
