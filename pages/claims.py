"""Claims: what is often said of the two frameworks, whether it holds, and how to check it here."""

import streamlit as st

from engine.claims.catalogue import BY_NAME, CLAIMS, TOPICS, VERDICTS
from engine.quantities import count
from ui import claims_view, launching
from ui.plain import plain


def chosen_verdicts() -> list[str]:
    """Those that are looked at; all where none is chosen."""
    return st.pills("Verdict", list(VERDICTS), format_func=VERDICTS.__getitem__, selection_mode="multi",
                    key="claims-verdicts") or list(VERDICTS)  # fmt: skip


st.title("Claims")
st.markdown(
    f"{count(len(CLAIMS), 'thing')} that people say of PyTorch and TensorFlow. Each has a verdict, and what it rests "
    "on: measurements that you can start here and now, and facts with their date and source."
)
if launching.opened():
    opened = st.query_params.get(claims_view.CLAIM, "")
    if opened and opened not in BY_NAME:
        st.warning(plain(f"There is no claim {opened[:60]!r}."), icon=":material/search_off:")
    verdicts = chosen_verdicts()
    for topic, title in TOPICS.items():
        found = [claim for claim in CLAIMS if claim.topic == topic and claim.verdict in verdicts]
        if found:
            st.header(title, anchor=topic)
        for claim in found:
            claims_view.card(claim, claim.name == opened)
