"""What the Compare page compares: its widgets begin with the address, and the address follows them."""

from collections.abc import Iterable

import streamlit as st

from engine.experiments.comparison import Comparison, parse

ADDRESS, FILLED, ASKED, PROBLEMS = "compare_address", "compare_filled", "compare_asked", "compare_problems"
TOUCHED = "compare_touched"


def key(name: str) -> str:
    """The session's key of a widget; all are new ones each time that the address says something new."""
    return f"compare.{st.session_state.get(FILLED, 0)}.{name}"


def touch() -> None:
    """Callback of every widget: the page now knows better than the address, whose last change may not be there yet."""
    st.session_state[TOUCHED] = True


def load() -> Comparison:
    """What is asked for: by the address where it is new, else as the widgets had it last."""
    state, told = st.session_state, st.query_params.to_dict()
    returned = key("runs") not in state  # a new session, or back from another page, where widgets lose their values
    if returned and not told:
        told = state.get(ADDRESS, {})
    touched = state.pop(TOUCHED, False)
    if returned or (told != state.get(ADDRESS) and not touched):
        state[ASKED], state[PROBLEMS] = parse(told)
        state[ADDRESS] = told
        state[FILLED] = state.get(FILLED, 0) + 1
    return state[ASKED]


def problems() -> Iterable[str]:
    """One sentence for each value of the link that is not possible."""
    return st.session_state.get(PROBLEMS, ())


def save(asked: Comparison) -> None:
    """Write what is asked for to the address; a link with a mistake stays until a person changes something."""
    state = st.session_state
    if asked == state[ASKED] and (st.query_params.to_dict() == state[ADDRESS]):
        return
    if asked != state[ASKED]:
        state[PROBLEMS] = []
        state[ADDRESS] = asked.parameters()
    state[ASKED] = asked
    st.query_params.from_dict(state[ADDRESS])
