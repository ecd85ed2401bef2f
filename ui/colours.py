"""The frameworks in their colours, as the theme defines them: vermilion and blue."""

import streamlit as st

from engine.config import NAMES

COLOURS = {"torch": "orange", "tensorflow": "blue"}  # by Streamlit's names


def coloured(side: str) -> str:
    """The framework's name in its colour, as Markdown."""
    return f"**:{COLOURS[side]}[{NAMES[side]}]**"


def of_theme() -> dict[str, str]:
    """Each framework's colour in the theme that a person sees, for a figure."""
    theme = st.context.theme.type or "light"
    return {side: str(st.get_option(f"theme.{theme}.{colour}Color")) for side, colour in COLOURS.items()}
