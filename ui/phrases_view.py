"""The phrases that were asked for: both frameworks side by side, with what each returned here."""

import streamlit as st

from engine.phrases.catalogue import TOPICS, Phrase
from engine.phrases.results import Returned
from engine.phrases.sources import source
from ui.colours import coloured
from ui.plain import plain
from ui.sides import columns


def show(phrases: list[Phrase], returned: Returned | None) -> None:
    """Each topic's phrases below its heading."""
    for topic, title in TOPICS.items():
        chosen = [phrase for phrase in phrases if phrase.topic == topic]
        if chosen:
            st.header(title, anchor=topic)
        for phrase in chosen:
            _phrase(phrase, returned)


def _phrase(phrase: Phrase, returned: Returned | None) -> None:
    st.subheader(phrase.title, anchor=phrase.name)
    st.caption(phrase.notice)
    for side, column in columns():
        with column:
            st.markdown(coloured(side))
            st.code(source(phrase, side), language="python")
            if returned:
                st.caption("Returned here")
                st.code(returned.sides[side][phrase.name]["text"], language=None)
    if phrase.differs:
        st.markdown(f":material/difference: {phrase.differs}")
    if returned and returned.same(phrase.name) == bool(phrase.differs):
        told = "Here both returned the same." if phrase.differs else "Here the two returned different values."
        st.warning(plain(told), icon=":material/warning:")
