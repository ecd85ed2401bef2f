"""DataLoader against tf.data: what is asked, the curve while it is measured, and what was found."""

import os

import streamlit as st

from engine.charts import pipelines, pipelines_parts
from engine.pipelines import turns
from engine.pipelines.results import ROUNDS, TRANSFORMS, Found, Request, read, up_to
from engine.pipelines.sources import source
from engine.tasks.task import Task
from ui import examinations
from ui.colours import coloured
from ui.plain import plain
from ui.server import store
from ui.sides import columns

DOING = "{both} take turns"
LIVE_SECONDS = 2.0
CODE_HEIGHT = 420  # pixels


def show() -> None:
    """The form, the code of both pipelines, and the result that there is for what is asked."""
    asked = _asked()
    request = examinations.requested(lambda: Request.build(**asked))
    if request is None:
        return
    found = examinations.known(lambda: read(request, store()))
    examinations.panel(request, "Measure", found is not None, examinations.ALONE, DOING)
    task = examinations.present(request)
    if task and not task.ended:
        st.fragment(_live, run_every=LIVE_SECONDS)(task, request)
    elif found:
        _found(found)
    _code(request.transform)


def _asked() -> dict:
    cores = os.cpu_count() or 1
    transform = st.segmented_control(
        "Transform",
        list(TRANSFORMS),
        default="python",
        required=True,
        format_func=TRANSFORMS.__getitem__,
        key="pipelines-transform",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        most = st.number_input("Workers up to", 1, max(2, 2 * cores), min(4, max(2, cores)), key="pipelines-workers")
        batch = st.selectbox("Batch size", (1, 8, 32, 128, 512), index=2, key="pipelines-batch")
        prefetch = st.number_input("Prefetched batches", 1, 64, 2, key="pipelines-prefetch", help=PREFETCH)
        busy = st.number_input("Consumer busy, ms", 0.0, 100.0, 0.0, key="pipelines-busy", help=BUSY)
        rounds = st.number_input("Rounds", 2, 20, ROUNDS, key="pipelines-rounds")
    return {
        "transform": transform,
        "workers": up_to(int(most)),
        "batch_size": int(batch),
        "prefetch": int(prefetch),
        "busy": float(busy),
        "rounds": int(rounds),
    }


PREFETCH = (
    "How far ahead of the consumer: of each worker in a DataLoader, which without workers has none; of the whole "
    "pipeline in tf.data."
)
BUSY = "For so long it does nothing with each batch, as while an accelerator computes. With 0 it takes the next."


DRAWN = (
    "To draw this takes the processor too, and counts as another program. Undisturbed: `python -m engine pipelines`."
)


def _live(task: Task, request: Request) -> None:
    """The blocks that are measured so far."""
    lines = turns.lines(task.draft)
    if any(line["kind"] == "block" for line in lines):
        figure = pipelines.live(request.cases, lines, st.context.theme.type or "light")
        alt = "Examples per second of each pipeline, block by block."
        st.plotly_chart(figure, key="pipelines-live", width="stretch", alt=alt)
        st.caption(DRAWN)
    else:
        st.caption("Both check what they deliver and warm up; the curve begins after that.")


def _found(found: Found) -> None:
    for pair in pipelines.across(found):
        st.write(plain(pipelines.verdict(found, pair)))
    st.caption(plain(pipelines.same_words(found)))
    figure = pipelines.rates(found, st.context.theme.type or "light")
    alt = "Examples per second over the number of workers, for both frameworks."
    st.plotly_chart(figure, key="pipelines-rates", width="stretch", alt=alt)
    st.dataframe(pipelines.table(found), hide_index=True, width="stretch")
    for sentence in pipelines.why(found):
        st.write(plain(sentence))
    for sentence in pipelines.doubts(found):
        st.caption(plain(sentence))
    st.caption(pipelines.METHOD)
    place = st.expander(
        "Where the time goes", icon=":material/hourglass:", key="pipelines-parts-open", on_change="rerun"
    )
    if place.open:
        with place:
            alt = "The consumer's time for each example of each pipeline, by part."
            figure = pipelines_parts.figure(found, st.context.theme.type or "light")
            st.plotly_chart(figure, key="pipelines-parts", width="stretch", alt=alt)
            st.dataframe(pipelines_parts.table(found), hide_index=True, width="stretch")
            st.caption(plain(pipelines_parts.words(found)))


def _code(transform: str) -> None:
    st.subheader("What runs")
    for side, column in columns():
        with column:
            st.markdown(coloured(side))
            st.code(source(transform, side), language="python", height=CODE_HEIGHT)
