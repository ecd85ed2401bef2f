"""A benchmark that waits or is being measured: behind what, how far it is, how long it still takes, and Stop."""

import time

import streamlit as st

from engine import quantities
from engine.bench import benchmark, estimate
from engine.bench.plan import Plan
from engine.charts.speed_words import about
from engine.runs import StoreError
from ui import refusals
from ui.plain import plain
from ui.server import launcher, store

REFRESH_SECONDS = 2.0
CALM = (
    "Nothing is drawn while it measures, since drawing takes the processor too. Leave the machine alone for the best "
    "answer."
)


def show(name: str, plan: Plan) -> None:
    """The panel; it renews itself, and the whole page when the benchmark has ended."""
    st.fragment(_panel, run_every=REFRESH_SECONDS)(name, plan)


def _panel(name: str, plan: Plan) -> None:
    try:
        lines = benchmark.lines(store(), name)
        now = benchmark.last_word(store(), name)
    except StoreError:  # deleted just now, or damaged: the page says so
        st.rerun()
    if now not in benchmark.UNDER_WAY:
        st.rerun()
    with st.container(border=True):
        share, left = estimate.progress(plan, lines, time.time())
        if now == "queued":
            st.progress(0.0, text=waiting(name))
        else:
            st.progress(share, text=_doing(plan, lines, left))
        stopping = benchmark.asked_to_stop(store(), name)
        st.button(
            "Stopping…" if stopping else "Stop",
            icon=":material/stop:",
            disabled=stopping,
            on_click=_stop,
            args=(name,),
            key="speed.stop",
            help="Ends it at once. The block that is being timed is dropped; what was measured before it stays, and is "
            "marked partial.",
        )
        st.caption(CALM)
    if trouble := launcher().trouble:
        st.warning(plain(trouble), icon=":material/warning:")


def _doing(plan: Plan, lines: list, left: float | None) -> str:
    """What is being done, in words."""
    lasts = "how long it takes shows after the first training" if left is None else f"about {about(left)} left"
    rounds = {line["round"] for line in lines if line.get("type") in ("block", "outcome")}
    if not rounds:
        return f"Starting: importing, building and warming up, {lasts}"
    return f"Round {len(rounds)} of {plan.rounds}, {lasts}"


def waiting(name: str) -> str:
    """Behind what the benchmark waits: it runs alone, so runs and benchmarks made before it come first."""
    runs, others = benchmark.ahead(store(), name)
    parts = [quantities.count(number, of) for number, of in ((runs, "run"), (others, "benchmark")) if number]
    return f"Queued behind {' and '.join(parts)}" if parts else "Queued, next in line"


def _stop(name: str) -> None:
    try:
        benchmark.stop(store(), name)
    except StoreError as error:
        refusals.keep("speed", str(error))
