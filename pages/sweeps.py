"""Sweeps: search hyperparameters on both frameworks at once, and ask whether the best ones differ."""

import contextlib

import streamlit as st

from engine.charts.sweep_words import WORDS, objective, plan_words
from engine.cluster import nodes
from engine.launcher import Launcher
from engine.runs import StoreError
from engine.sweeps import sweep_store
from engine.sweeps.results import Results, results
from engine.sweeps.sweep import Plan
from ui import cluster_form, recent, refusals, sweep_address, sweep_form, sweep_view
from ui.launching import opened
from ui.plain import plain
from ui.server import store, sweeps

MOST = 20


def notices(launch: Launcher) -> None:
    """What a person should know before anything else."""
    if not launch.leads:
        st.info(
            f"This dashboard looks on: {launch.holder()} trains for this store. Sweeps can be read here, and started "
            "and stopped there.",
            icon=":material/visibility:",
        )
    refusals.error(refusals.kept("sweep"))


def begin(plan: Plan) -> None:
    """Write the plan as a new sweep, and show that."""
    try:
        cluster = cluster_form.chosen("sweep")
        at_once = nodes.ready(cluster, plan.config) if cluster else 1
        sweep_address.show(sweep_store.create(store(), plan, cluster, at_once))
    except StoreError as error:
        refusals.keep("sweep", str(error))


def forget(name: str) -> None:
    """Remove a sweep that has ended, and show the start."""
    try:
        sweep_store.delete(store(), name)
        sweep_address.show("")
    except StoreError as error:
        refusals.keep("sweep", str(error))


def start(plan: Plan | None, may_start: bool) -> None:
    """What to do first."""
    st.title("Sweeps")
    if plan:
        st.markdown(
            "Which learning rate is best, and is it the same one in PyTorch and TensorFlow? Press Start sweep: every "
            "trial trains both frameworks with the same values. The sidebar (») sets what varies."
        )
    else:
        st.markdown("Not ready to start: the sidebar (») says why.")
    with st.container(horizontal=True, gap="xsmall", key="sweep.start.row"):
        st.button(
            "Start sweep",
            icon=":material/search_insights:",
            disabled=not (may_start and plan),
            on_click=sweep_form.ask_to_start,
            key="sweep.start.first",
        )
        st.fragment(menu)(known())
    if busy := under_way():
        st.info("A sweep has not ended yet.", icon=":material/search_insights:")
        st.button("Show it", icon=":material/visibility:", on_click=sweep_address.show, args=(busy,))
    if plan:
        st.caption(plain(objective(plan)))


def under_way() -> str:
    """The id of the newest sweep that has not ended; empty where there is none."""
    for name in sweep_store.sweeps(store())[:MOST]:
        with contextlib.suppress(StoreError):  # damaged, or deleted just now
            if sweep_store.how_it_ended(store(), name) is None:
                return name
    return ""


def known() -> dict[str, str]:
    """The latest sweeps by id, in words."""
    return {name: _words(name) for name in sweep_store.sweeps(store())[:MOST]}


def _words(name: str) -> str:
    try:
        config, word = sweep_store.load(store(), name).config, sweep_store.word(store(), name)
    except StoreError:  # to open it is to learn why
        return f"{name} · Cannot be read"
    return f"{config.network} on {config.dataset} · {WORDS.get(word, word)} · {recent.moment(name)} · {name[-6:]}"


def menu(found: dict[str, str]) -> None:
    """A button that offers these sweeps."""
    none = "There is no sweep yet."
    recent.menu("Earlier sweeps", found, "Opens one of them.", none, "sweep.recent", sweep_address.show)


def found(name: str) -> Results | None:
    """The sweep of that id; None, and a way back, where there is none that can be read."""
    try:
        return results(store(), name)
    except StoreError as error:
        st.title("Sweeps")
        st.warning(plain(str(error)), icon=":material/search_off:")
        st.button("Back to the start", icon=":material/arrow_back:", on_click=sweep_address.show, args=("",))
        return None


def heading(sweep: Results, may_start: bool) -> None:
    """Which sweep this is, and what can be done with it."""
    config = sweep.plan.config
    st.title(plain(f"{config.network} on {config.dataset}"))
    state = WORDS.get(sweep.word, sweep.word)
    st.markdown(f":gray[{plain(f'{plan_words(sweep.plan)} {state} · {recent.moment(sweep.name)} · {sweep.name}')}]")
    with st.container(horizontal=True, gap="xsmall", key="sweep.heading"):
        st.button("Start it again", icon=":material/replay:", disabled=not may_start, on_click=begin,
                  args=(sweep.plan,), help="The same plan as a new sweep.")  # fmt: skip
        st.fragment(menu)(known())
        if sweep.word in sweep_store.ENDED:
            st.button("Forget it", icon=":material/delete:", on_click=forget, args=(sweep.name,), help="Its runs stay.")
        st.button("Back to the start", icon=":material/arrow_back:", on_click=sweep_address.show, args=("",))


def main_part(name: str, plan: Plan | None, may_start: bool) -> None:
    """The shown sweep, or what to do first."""
    if not name:
        start(plan, may_start)
    elif sweep := found(name):
        heading(sweep, may_start)
        sweep_view.show(sweep)


above = st.container()
if launch := opened(sweeps):
    with st.sidebar:
        asked, pressed = sweep_form.show(launch.leads)
    if asked and pressed:
        begin(asked)
    with above:
        notices(launch)
    main_part(sweep_address.shown(), asked, launch.leads)
