"""Both frameworks side by side: a column for each, and what each printed."""

import streamlit as st

from engine.config import FRAMEWORKS

TALL = 20  # lines of a text from which on it scrolls
HEIGHT = 420  # pixels


def columns() -> list[tuple[str, st.delta_generator.DeltaGenerator]]:
    """Each framework and its column, in their order."""
    return list(zip(FRAMEWORKS, st.columns(len(FRAMEWORKS)), strict=True))


def printed(text: str) -> None:
    """A text as it is; a long one scrolls."""
    tall = text.count("\n") >= TALL
    st.code(text, language=None, wrap_lines=True, height=HEIGHT if tall else "content")
