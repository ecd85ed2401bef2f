"""Train: choose a config, press Train, and watch both frameworks train it side by side."""

import streamlit as st

from engine.charts.progress import RunProgress
from engine.config import RunConfig
from engine.datasets.catalogue import DATASETS
from engine.launcher import Launcher
from engine.networks.catalogue import NETWORKS
from engine.runs import StoreError
from ui import address, form, result_view, run_view
from ui.address import SMOOTHEST, X_AXES, key, now, start
from ui.live_chart import live_chart
from ui.plain import plain
from ui.server import launcher


def opened() -> Launcher | None:
    """The launcher; None, and one sentence, where the store cannot be used."""
    try:
        return launcher()
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.button("Try again", icon=":material/refresh:")
        return None


def notices(launch: Launcher) -> None:
    """What a person should know before anything else."""
    st.session_state["led"] = launch.leads  # the run's panel looks whether that changes
    if not launch.leads:
        st.info(
            f"This dashboard looks on: {launch.holder()} trains the runs of this store. "
            "Runs can be watched here, and started and stopped there.",
            icon=":material/visibility:",
        )
    if sentences := st.session_state["link_problems"]:
        st.warning(plain(" ".join([address.NO_LINK, *sentences])), icon=":material/link_off:")


def submit(launch: Launcher, config: RunConfig) -> None:
    """Queue the config as a new run, and show that."""
    try:
        address.show_run(launch.submit(config))
        st.session_state["link_problems"] = []
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")


def chart(run: str, launches: int) -> None:
    """The live chart under its controls; without a run an empty one, so that it is loaded when it is needed."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom", key="chart-controls"):
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
            st.toggle("Log scale", start("log"), key=key("log"), on_change=address.touch)
        live_chart(run, x=now("x"), log=now("log"), smoothing=now("smoothing"), launches=launches)


def empty() -> None:
    """What to do before the first run."""
    st.title("Train")
    run_view.trouble()
    st.info(
        "Choose a preset in the sidebar or leave everything as it is, and press Train. PyTorch and TensorFlow then "
        "train the same network, and their curves are drawn here. On a small screen, » at the top opens the sidebar.",
        icon=":material/play_circle:",
    )


def found(run: str) -> RunProgress | None:
    """The run of that id; None, and a way back, where there is none that can be read."""
    try:
        return run_view.progress_of(run)
    except StoreError as error:
        st.warning(plain(str(error)), icon=":material/search_off:")
        st.button("Back to the start", icon=":material/arrow_back:", on_click=address.show_run, args=(None,))
        return None


def heading(config: RunConfig, run: str) -> None:
    """Which run this is."""
    st.title(NETWORKS[config.network].title)
    network = NETWORKS[config.network]
    st.caption(f"{DATASETS[config.dataset].title} · run {run}", help=f"The network: {network.source}")


def main_part(run: str | None) -> None:
    """The shown run, live or ended, or what to do first. The chart keeps its place, and so its state, in all."""
    top, middle, bottom = st.container(), st.container(), st.container()
    with top:
        progress = found(run) if run else None
        if not run:
            empty()
        if progress:
            heading(progress.config, progress.run)
            run_view.show(progress.run, live=not progress.ended)
    with middle:
        chart(progress.run if progress else "", 1 + progress.requeued if progress else 1)
    with bottom:
        if progress and progress.ended:
            result_view.show_result(progress)
        if progress:
            result_view.show_exits(progress)
            result_view.show_config(progress)


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
    main_part(address.shown_run())
