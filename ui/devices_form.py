"""The devices that a form offers: the CPU, and once somebody had the frameworks asked, all that there are."""

import streamlit as st

from engine.config import ConfigError, Framework
from engine.probes import devices
from ui.fields import word
from ui.plain import plain

ASKED = "devices_asked"  # in the session, for all forms


def look(key: str) -> None:
    """The button that has the frameworks asked."""
    st.button(
        "Look for GPUs",
        icon=":material/search:",
        help="Each framework is asked in a process of its own. This takes some seconds, once.",
        on_click=_look,
        key=key,
    )


def _look() -> None:
    st.session_state[ASKED] = True


def offered(framework: Framework, chosen: str = "cpu") -> dict[str, str]:
    """What there is to choose from in words, `chosen` in any case; what was not found is said here."""
    known = {"cpu": word("cpu")} | {chosen: word(chosen)}
    if not st.session_state.get(ASKED):
        return known
    try:
        with st.spinner("Asking the frameworks for their devices…"):
            others = {device.name: device.title for device in devices.seen(framework) if device.name != "cpu"}
        if not others:
            st.caption(f"{word(framework)} sees no GPU.")
        return known | others
    except ConfigError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return known
