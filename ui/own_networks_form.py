"""Networks of a person's own in the form: the folder they come from, what it means to run them, what is refused."""

import streamlit as st

from engine.networks import own
from engine.networks.catalogue import NETWORKS
from ui import address
from ui.plain import plain

HELP = "A folder on this machine. It counts for every browser of this dashboard, until the dashboard ends."
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


def _use(widget: str) -> None:
    own.use(st.session_state[widget].strip())
    if address.now("network") not in NETWORKS:
        _begin_anew()
        address.touch()
