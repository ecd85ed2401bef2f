"""Debug lab: planted mistakes in both frameworks, what each says of them, what finds them, and how they are mended."""

import streamlit as st

from engine.config import NAMES
from engine.mistakes.catalogue import BY_NAME, MISTAKES
from ui import mistakes_view


def chosen() -> str:
    """The name of the mistake that is looked at; the page's address holds it."""
    asked = st.query_params.get("mistake")
    name = st.pills(
        "Mistake",
        list(BY_NAME),
        default=asked if asked in BY_NAME else MISTAKES[0].name,
        required=True,
        format_func=lambda name: BY_NAME[name].title,
        key="mistakes-chosen",
    )
    st.query_params["mistake"] = name
    return name


st.title("Debug lab")
st.markdown(
    f"{len(MISTAKES)} mistakes that people make, planted in {' and '.join(NAMES.values())}. See what each says of "
    "them, where it points, and what finds those of which it says nothing."
)
mistakes_view.show(BY_NAME[chosen()])
