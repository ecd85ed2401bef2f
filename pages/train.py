"""Train: choose a config, press Train, and watch both frameworks train it side by side."""

import streamlit as st

from engine.config import FRAMEWORKS, RunConfig
from engine.datasets.catalogue import DATASETS
from engine.launcher import Launcher
from engine.networks import own
from engine.runs import RunUnreadable, StoreError
from engine.store.progress import RunProgress
from ui import (
    address,
    certificate_view,
    cluster_form,
    defaults_view,
    form,
    learned_view,
    microscope_view,
    operators_view,
    parity_view,
    recent,
    result_view,
    run_view,
    seeds_view,
)
from ui.address import SMOOTHEST, X_AXES, key, now, start
from ui.launching import opened
from ui.live_chart import live_chart
from ui.plain import plain
from ui.server import store


def notices(launch: Launcher) -> None:
    """What a person should know before anything else."""
    if not launch.leads:
        st.info(
            f"This dashboard looks on: {launch.holder()} trains the runs of this store. "
            "Runs can be watched here, and started and stopped there.",
            icon=":material/visibility:",
        )
    if sentences := address.link_problems():
        st.warning(plain(" ".join([address.NO_LINK, *sentences])), icon=":material/link_off:")


def submit(launch: Launcher, config: RunConfig) -> None:
    """Queue the config as a new run, and show that."""
    try:
        address.show_run(launch.submit(config, cluster_form.chosen("train")))
        address.forget_link_problems()
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")


def chart(run: str, launches: int) -> None:
    """The live chart under its controls; without a run an empty one, so that it is loaded when it is needed."""
    with st.container(border=True):
        with st.container(horizontal=True, key="chart-controls"):
            st.segmented_control(
                "Horizontal axis",
                X_AXES,
                default=start("x"),
                required=True,
                format_func=str.capitalize,
                key=key("x"),
                on_change=address.touch,
                help="Seconds count the time inside training steps alone.",
            )
            st.slider(
                "Smoothing",
                0.0,
                SMOOTHEST,
                start("smoothing"),
                step=0.01,
                key=key("smoothing"),
                on_change=address.touch,
                width=220,
                help="Decay of a moving average over steps. The raw curve stays behind it, faint.",
            )
            with st.container(width="content", gap=None):
                st.space(28)  # beside the axis' buttons, not beside their label
                st.toggle("Log scale", start("log"), key=key("log"), on_change=address.touch)
        live_chart(run, x=now("x"), log=now("log"), smoothing=now("smoothing"), launches=launches)


def learned(progress: RunProgress) -> None:
    """What both sides have learned; nothing is read or drawn before somebody opens it."""
    with st.expander("What it learned", icon=":material/visibility:", key="learned", on_change="rerun") as place:
        if place.open:
            learned_view.show(progress, live=not progress.ended)


def empty(config: RunConfig | None, may_train: bool) -> None:
    """What to do before the first run; in every place stands what a run will have there, so that nothing moves."""
    st.title("Train")
    if config:
        st.markdown(
            "Press Train: both frameworks train the same network, and their curves appear here. "
            "The sidebar (») sets what they train."
        )
    else:
        st.markdown("Not ready to train: the sidebar (») says why.")
    with st.container():
        run_view.trouble()
        with st.container(horizontal=True, gap="xsmall", key="start"):
            st.button(
                "Train",
                icon=":material/play_arrow:",
                disabled=not (may_train and config),
                on_click=form.ask_to_train,
                key="train.start",
            )
            st.fragment(recent.runs_menu)(recent.latest())
        run_view.show_idle(config.frameworks if config else FRAMEWORKS)


def found(run: str) -> RunProgress | None:
    """The run of that id; None, and a way back, where there is none that can be read."""
    try:
        return run_view.progress_of(run)
    except StoreError as error:
        st.title("Train")
        st.warning(plain(str(error)), icon=":material/search_off:")
        with st.container(horizontal=True):
            st.button("Back to the start", icon=":material/arrow_back:", on_click=address.show_run, args=(None,))
            if isinstance(error, RunUnreadable):
                run_view.stop_button(run)
        return None


def heading(config: RunConfig, run: str) -> None:
    """Which run this is."""
    network = config.network_entry
    st.title(plain(network.title))
    cluster = store().cluster(run)
    where = f" · on the cluster at {plain(cluster)}" if cluster else ""
    st.markdown(
        f":gray[{DATASETS[config.dataset].title} · run {run}{where}]", help=f"The network: {plain(network.source)}"
    )


def files_and_config(progress: RunProgress) -> None:
    """What can be taken away of this run, and what it was asked."""
    result_view.show_exits(progress)
    result_view.show_config(progress)


def show_tabs(progress: RunProgress) -> None:
    """The run itself, and what looks closer at it; nothing is read or drawn before its tab is opened."""
    views = {
        ":material/folder_open: Files": files_and_config,
        ":material/casino: Seeds": seeds_view.show,
        ":material/tune: Defaults": defaults_view.show,
    }
    if len(progress.sides) == 2:
        views |= {":material/verified: Parity": parity_view.show, ":material/biotech: Microscope": microscope_view.show}
        views |= {":material/stacked_bar_chart: Operators": operators_view.show}
    for tab, view in zip(st.tabs(list(views), on_change="rerun", key="closer"), views.values(), strict=True):
        if tab.open:
            with tab:
                view(progress)


def main_part(run: str | None, config: RunConfig | None, may_train: bool) -> None:
    """The shown run, live or ended, or what to do first. The chart keeps its place, and so its state, in all."""
    top, middle, bottom = st.container(), st.container(), st.container()
    with top:
        progress = found(run) if run else None
    with middle:  # first of all, so that its feed opens while the rest is drawn
        chart(progress.run if progress else "", 1 + progress.requeued if progress else 1)
    with top:
        if not run:
            empty(config, may_train)
        if progress:
            heading(progress.config, progress.run)
            run_view.show(progress.run, live=not progress.ended, others=recent.latest())
    with bottom:
        if progress:
            learned(progress)
        if progress and progress.ended:
            result_view.show_result(progress)
            certificate_view.show(progress)
        if progress:
            show_tabs(progress)


own.extend()
address.load()
above = st.container()
if launch := opened():
    with st.sidebar:
        config, pressed = form.show(launch.leads)
    if config and pressed:
        submit(launch, config)
    address.save(config)
    with above:
        notices(launch)
    main_part(address.shown_run(), config, launch.leads)
