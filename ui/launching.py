"""The launcher for a page that trains or measures."""

from collections.abc import Callable

import streamlit as st

from engine.launcher import Launcher
from engine.runs import StoreError
from ui.plain import plain
from ui.server import launcher


def opened(open_one: Callable[[], object] = launcher) -> Launcher | None:
    """The launcher, with what else is to be opened on it; None, and one sentence, where the store cannot be used."""
    try:
        open_one()
        return launcher()
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.button("Try again", icon=":material/refresh:")
        return None
