"""Phrase book: common tasks in both frameworks, side by side, as code that runs here."""

import streamlit as st

from engine.config import NAMES
from engine.phrases import results
from engine.phrases.catalogue import PHRASES, TOPICS
from engine.phrases.results import Request
from engine.phrases.sources import found
from ui import examinations, phrases_view
from ui.plain import plain
from ui.server import store

DOING = "Every phrase runs in {both}"


def asked() -> tuple[str, str]:
    """The words and the topic that are looked for; the page's address holds them."""
    wanted = st.query_params.get("topic")
    with st.container(horizontal=True, vertical_alignment="bottom", key="phrases-asked"):
        words = st.text_input(
            "Search",
            st.query_params.get("search", ""),
            key="phrases-search",
            type="search",
            placeholder="gradient, freeze, tf.where …",
            icon=":material/search:",
            width=320,
        )
        topic = st.pills(
            "Topic",
            list(TOPICS),
            default=wanted if wanted in TOPICS else None,
            format_func=TOPICS.__getitem__,
            key="phrases-topic",
        )
    found = {"search": words.strip() if words else "", "topic": topic or ""}
    st.query_params.from_dict({name: value for name, value in found.items() if value})
    return found["search"], found["topic"]


st.title("Phrase book")
st.markdown(
    f"{len(PHRASES)} common tasks in {' and '.join(NAMES.values())}, side by side. Each is a function that runs on its "
    "own: copy it, or run them all here and see what they return."
)
words, topic = asked()
known = examinations.known(lambda: results.read(store()))
examinations.panel(Request(), "Run all", known is not None, doing=DOING)
chosen = found(words, topic)
if chosen:
    versions = known.versions.items() if known else ()
    told = " · ".join((f"{len(chosen)} of {len(PHRASES)} phrases", *(f"{NAMES[side]} {of}" for side, of in versions)))
    st.caption(plain(told))
    phrases_view.show(chosen, known)
else:
    where = f" in {TOPICS[topic]}" if topic else ""
    st.info(plain(f"No phrase{where} has all of these words: {words}"), icon=":material/search_off:")
