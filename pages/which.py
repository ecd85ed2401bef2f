"""Which one? A sheet of what was measured on this machine, for one network and one person's needs."""

import math

import streamlit as st

from engine.assignments import DECIMAL
from engine.claims.destination import TARGETS
from engine.claims.sheet import Consideration, Needs
from engine.claims.which_one import DEVICES, TEAMS, considered, summary
from engine.config import NAMES
from engine.networks import own
from engine.networks.catalogue import NETWORKS
from engine.runs import StoreError
from ui import deploy_results
from ui.claims_view import PAGES, facts
from ui.colours import coloured
from ui.plain import plain
from ui.server import store

BUDGET, LEAST = "which.budget", 0.001  # milliseconds
LEANS = {"either": ("Either", "gray"), "unknown": ("Cannot say", "gray")}


def asked() -> Needs:
    """What the person needs; the address of the page follows."""
    with st.sidebar:
        names = {name: one.title for name, one in NETWORKS.items() if name not in own.OWN}
        network = _choice("network", "Network", names, "mlp")
        device = _choice("device", "Device", DEVICES, "cpu")
        target = _choice("target", "It will run on", {name: one.title for name, one in TARGETS.items()}, "server")
        team = _choice("team", "Your team knows", TEAMS, "neither")
        budget = _budget()
    return Needs(network, device, target, team, budget / 1000 if budget else None)


def _budget() -> float | None:
    """Milliseconds; None where it does not matter."""
    if BUDGET not in st.session_state:
        wanted = st.query_params.get("budget", "")
        allowed = DECIMAL.fullmatch(wanted) and LEAST <= float(wanted) < math.inf
        st.session_state[BUDGET] = float(wanted) if allowed else None
    value = st.number_input(
        "Latency budget in milliseconds", min_value=LEAST, value=None, format="%.3f", key=BUDGET,
        placeholder="does not matter", help="For one prediction, which 95 % of them have to keep.",
    )  # fmt: skip
    if value:
        st.query_params["budget"] = f"{value:g}"
    else:
        st.query_params.pop("budget", None)
    return value


def _choice(name: str, title: str, options: dict[str, str], usual: str) -> str:
    wanted = st.query_params.get(name, usual)
    start = wanted if wanted in options else usual
    value = st.selectbox(title, list(options), list(options).index(start), format_func=options.__getitem__,
                         key=f"which.{name}")  # fmt: skip
    st.query_params[name] = value
    return value


def show(one: Consideration) -> None:
    """One consideration: what it leans to, its numbers, and where they come from."""
    with st.container(border=True, key=f"which-{one.title}"):
        leans = coloured(one.leans) if one.leans in NAMES else f":gray[{LEANS[one.leans][0]}]"
        st.markdown(f"**{one.title}**: {leans}")
        for sentence in one.sentences:
            st.markdown(plain(sentence))
        if one.files:
            deploy_results.measured(one.files, "which-files")
        facts(one.facts)
        if one.page:
            title, path = PAGES[one.page]
            st.page_link(path, label=title, icon=":material/arrow_forward:", query_params=one.params)


st.title("Which one?")
st.markdown(
    "The sidebar (») says what you need. The sheet answers from what was measured on this machine, and says so where "
    "nothing was."
)
try:
    found = considered(store(), asked())
except StoreError as error:
    st.error(plain(str(error)), icon=":material/error:")
else:
    st.info(plain(summary(found)), icon=":material/balance:")
    for one in found:
        show(one)
