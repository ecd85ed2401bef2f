"""What was refused: one sentence for each part of a page, which outlives the press of a button."""

import streamlit as st

from ui.plain import plain


def keep(of: str, sentence: str) -> None:
    """Keep the sentence for when this part is drawn again; an empty one forgets what was refused before."""
    st.session_state[_key(of)] = sentence


def kept(of: str) -> str:
    """What was refused last, which stays until something else is done; empty where nothing was."""
    return st.session_state.get(_key(of), "")


def taken(of: str) -> str:
    """The same, which is told once."""
    return st.session_state.pop(_key(of), "")


def warning(sentence: str) -> None:
    """Tell it, if there is one, where a person can go on."""
    if sentence:
        st.warning(plain(sentence), icon=":material/warning:")


def error(sentence: str) -> None:
    """Tell it, if there is one, where nothing was done."""
    if sentence:
        st.error(plain(sentence), icon=":material/error:")


def _key(of: str) -> str:
    return f"{of}.refusal"
