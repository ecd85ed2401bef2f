"""How often each framework compiles a function again while a person changes the batch size."""

import pandas as pd
import streamlit as st

from engine.config import FRAMEWORKS, NAMES
from engine.graphs import retracing
from engine.graphs.retracing import LARGEST, WAYS, Retracing
from engine.tasks.task import TaskError
from ui import refusals

REFRESH_SECONDS = 0.5
SIZES = (1, 8, 16, 32, 33, 64)
SESSION = "graphs-retracing"
EXPLAINED = {
    "generalising": (
        "**torch.compile** compiles the first shape as it is. A second size makes the batch dimension a symbol, which "
        "fits all that come after it, but for 1, which Dynamo always compiles alone. **reduce_retracing=True** has "
        "tf.function do the same: from the second size on a trace fits every one."
    ),
    "static": (
        "**dynamic=False** compiles every size alone; after 8 Dynamo gives up and runs new ones eager, so the count "
        "stands still. A plain **tf.function** traces every size alone too, warns in its log, and goes on."
    ),
    "any_size": (
        "**maybe_mark_dynamic** and **input_signature** say beforehand that the batch may have any size: one "
        "compilation is enough, but for 1, which Dynamo compiles alone here too."
    ),
}


def show() -> None:
    """What is measured, the sizes to press, and the counts after each call."""
    st.markdown(
        "One dense layer, called with batches of the sizes that you choose, compiled in three ways by each framework. "
        "The numbers say how often it has been compiled, or traced, so far."
    )
    held: Retracing | None = st.session_state.get(SESSION)
    with st.container(horizontal=True, vertical_alignment="bottom", key="retracing-sizes"):
        for size in SIZES:
            st.button(str(size), key=f"retracing-{size}", on_click=_call, args=([size],), help="Call with this size")
        st.text_input("Batch sizes", key="retracing-given", placeholder="5, 6, 7, 8", width=200)
        st.button("Call", icon=":material/play_arrow:", key="retracing-call", on_click=_call_given)
        st.button("Begin again", icon=":material/restart_alt:", disabled=held is None, on_click=_end)
    refusals.warning(refusals.taken("retracing"))
    if held is None:
        st.info("Press a size: two processes start, which takes a few seconds, and stay.", icon=":material/info:")
    elif held.waiting:
        st.fragment(_waiting, run_every=REFRESH_SECONDS)(held)
    else:
        _table(held)
    for sentence in EXPLAINED.values():
        st.caption(sentence)


def _call_given() -> None:
    texts = st.session_state["retracing-given"].replace(",", " ").split()
    wrong = [text for text in texts if not (text.isdecimal() and 1 <= int(text) <= LARGEST)]
    if wrong or not texts:
        shown = wrong[0] if wrong else "Nothing"
        refusals.keep("retracing", f"{shown} was given; whole numbers from 1 to {LARGEST:,} are possible.")
    else:
        _call([int(text) for text in texts])


def _call(sizes: list[int]) -> None:
    try:
        held = st.session_state.get(SESSION)
        if held is None:
            held = st.session_state[SESSION] = retracing.begin()
        for size in sizes:
            held.call(size)
    except TaskError as error:
        refusals.keep("retracing", str(error))


def _end() -> None:
    st.session_state.pop(SESSION).end()


def _waiting(held: Retracing) -> None:
    if not held.waiting:
        st.rerun()
    _table(held)
    st.caption(":material/hourglass_top: Waiting for an answer")


def _table(held: Retracing) -> None:
    if held.ended:
        st.warning("A process has ended; begin again to go on.", icon=":material/warning:")
    table, grown = tabled(held)
    tint = "background-color: rgba(183, 121, 31, 0.2); font-weight: 600"
    st.table(table.style.apply(lambda _: grown.map(lambda new: tint if new else ""), axis=None))


def tabled(held: Retracing) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row per call with the counts so far, and whether each has grown by that call."""
    columns: dict[str, list[str]] = {}
    grown: dict[str, list[bool]] = {}
    for side in FRAMEWORKS:
        answers = held.answers(side)
        for way, words in WAYS.items():
            counts = [answer[way] for answer in answers]
            before = [0, *counts]
            missing = len(held.sizes) - len(counts)
            title = f"{NAMES[side]}: {words[side]}"
            columns[title] = [*map(str, counts), *["…"] * missing]
            grown[title] = [*(new > old for new, old in zip(counts, before, strict=False)), *[False] * missing]
    index = pd.Index([f"{number}: {size}" for number, size in enumerate(held.sizes, 1)], name="Call: size")
    return pd.DataFrame(columns, index=index), pd.DataFrame(grown, index=index)
