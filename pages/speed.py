"""Speed: ask which is faster, have this machine measure it, and read the answer with how sure it is."""

import streamlit as st

from engine.bench import published
from engine.bench.benchmark import UNDER_WAY
from engine.bench.plan import Plan
from engine.bench.published import Measured, PublishedError
from engine.bench.results import ResultsError
from engine.charts.speed_whose import host
from engine.charts.speed_words import PRESETS, QUANTITIES, STATES, machine_words
from engine.config import ConfigError
from engine.launcher import Launcher
from engine.operators.request import Request
from engine.probes import ready
from engine.runs import StoreError
from ui import (
    examinations,
    operators_view,
    recent,
    refusals,
    speed_address,
    speed_form,
    speed_progress,
    speed_recent,
    speed_view,
)
from ui.launching import opened
from ui.plain import plain
from ui.server import launcher, store
from ui.speed_form import Asked


def begin(asked: Asked) -> None:
    """Do what the form asks for, and show that."""
    if isinstance(asked, Plan):
        measure(asked)
    else:
        speed_address.show("")
        examinations.attempt(asked)


def measure(plan: Plan) -> None:
    """Queue the plan as a new benchmark, and show that."""
    try:
        speed_address.show(launcher().measure(plan))
    except StoreError as error:
        refusals.keep("speed", str(error))


def measure_again(plan: Plan) -> None:
    """Queue a plan that was measured before, unless this machine lacks something that it needs."""
    try:
        plan, _ = ready.prepared_plan(plan)
    except ConfigError as error:
        refusals.keep("speed", str(error))
    else:
        measure(plan)


def forget(name: str) -> None:
    """Remove a file that was opened here, and show the start."""
    published.forget(store(), name)
    speed_address.show("")


def notices(launch: Launcher) -> None:
    """What a person should know before anything else."""
    if not launch.leads:
        st.info(
            f"This dashboard looks on: {launch.holder()} measures for this store. Benchmarks can be read and stopped "
            "here, and started there.",
            icon=":material/visibility:",
        )
    refusals.error(refusals.kept("speed"))


def start(asked: Asked | None, may_measure: bool) -> None:
    """What to do first; the profile, where that is what the form asks for."""
    if isinstance(asked, Request):
        profile(asked)
        return
    st.title("Speed")
    if asked:
        st.markdown(
            "Which is faster, PyTorch or TensorFlow? It depends on the network, the batch and how each is run. Press "
            "Measure, and this machine answers, with how sure it is. The sidebar (») sets what is measured."
        )
    else:
        st.markdown("Not ready to measure: the sidebar (») says why.")
    with st.container(horizontal=True, gap="xsmall", key="speed.start"):
        st.button(
            "Measure",
            icon=":material/speed:",
            disabled=not (may_measure and asked),
            on_click=speed_form.ask_to_measure,
            key="speed.start.measure",
        )
        others()
    under_way()
    st.caption(
        "Both frameworks do the same work in processes of their own and take turns, A B B A, so that what slows the "
        "machine slows both. A ratio comes with its 95 % interval; where that cannot tell, the answer says so."
    )


def profile(request: Request) -> None:
    """Where the time of a step goes, of the form's config."""
    st.title("Where the time goes")
    st.markdown(plain(speed_form.words(request)))
    with st.container(horizontal=True, gap="xsmall", key="speed.start"):
        others()
    under_way()
    operators_view.show_request(request, speed_form.ask_to_measure)


def under_way() -> None:
    """The way to a benchmark that is measured, or waits."""
    if busy := speed_recent.under_way():
        st.info("A benchmark is under way.", icon=":material/timer:")
        st.button("Show it", icon=":material/visibility:", on_click=speed_address.show, args=(busy,))


def others() -> None:
    """The way to other benchmarks."""
    with st.container(width="content"):
        st.fragment(speed_recent.menu)(speed_recent.known())
    speed_recent.file_opener()


def found(name: str) -> Measured | None:
    """The benchmark of that id; None, and a way back, where there is none that can be read."""
    try:
        return speed_recent.opened(name)
    except (StoreError, ResultsError, PublishedError) as error:
        st.title("Speed")
        st.warning(plain(str(error)), icon=":material/search_off:")
        st.button("Back to the start", icon=":material/arrow_back:", on_click=speed_address.show, args=("",))
        return None


def heading(measured: Measured) -> None:
    """Which benchmark this is, where it was measured, and what became of it."""
    plan, word = measured.plan, measured.found.word
    st.title(plain(measured.plan.title))
    made = "from a file" if measured.from_file else recent.moment(measured.id)
    told = f"{QUANTITIES[plan.quantity]} · {PRESETS[plan.preset]} · {STATES.get(word, word)} · {made} · {measured.id}"
    st.markdown(f":gray[{plain(told)}]")
    if word != "queued" and not measured.here:
        where = f"{host(measured)}: {machine_words(measured.found)}"
        how = "Opened from a file that was" if measured.from_file else "This was"
        st.info(plain(f"{how} measured on another machine, {where}."), icon=":material/devices:")


def controls(measured: Measured, may_measure: bool) -> None:
    """What can be done with this benchmark."""
    with st.container(horizontal=True, gap="xsmall", key="speed.controls"):
        st.button(
            "Measure this here" if measured.from_file else "Measure again",
            icon=":material/replay:",
            disabled=not may_measure,
            on_click=measure_again,
            args=(measured.plan,),
            help="The same plan as a new benchmark.",
        )
        others()
        if measured.from_file:
            st.button("Forget this file", icon=":material/delete:", on_click=forget, args=(measured.id,))
        st.button("Back to the start", icon=":material/arrow_back:", on_click=speed_address.show, args=("",))


def main_part(name: str, asked: Asked | None, may_measure: bool) -> None:
    """The shown benchmark, or what to do first."""
    if not name:
        start(asked, may_measure)
    elif measured := found(name):
        heading(measured)
        controls(measured, may_measure)
        if not measured.from_file and measured.found.word in UNDER_WAY:
            speed_progress.show(name, measured.plan)
        elif measured.found.rounds:
            speed_view.show(measured)
        else:
            speed_view.nothing(measured)


above = st.container()
if launch := opened():
    with st.sidebar:
        asked, pressed = speed_form.show(launch.leads)
    if asked and pressed:
        begin(asked)
    with above:
        notices(launch)
    main_part(speed_address.shown(), asked, launch.leads)
