"""One run while it is trained: its controls, and per side its status, progress, speed and memory."""

from collections.abc import Callable, Sequence

import streamlit as st

from engine import control, quantities
from engine.charts import words
from engine.cluster.place import noted
from engine.config import NAMES, ConfigError, RunConfig
from engine.probes import ready
from engine.runs import SideStatus, StoreError
from engine.store.progress import RunProgress, SideProgress, is_race, seconds_left, shared
from ui import address, recent, refusals
from ui.colours import coloured
from ui.plain import plain
from ui.server import launcher, store

REFRESH_SECONDS = 0.5
IDLE = SideStatus("ready")  # before there is a run
BADGES = {
    "ready": ("gray", ":material/circle:"),
    "queued": ("gray", ":material/hourglass_empty:"),
    "starting": ("gray", ":material/downloading:"),
    "preparing": ("gray", ":material/build:"),
    "running": ("green", ":material/play_arrow:"),
    "paused": ("yellow", ":material/pause:"),
    "finished": ("green", ":material/check:"),
    "stopped": ("gray", ":material/stop:"),
    "diverged": ("red", ":material/error:"),
    "failed": ("red", ":material/error:"),
    "interrupted": ("yellow", ":material/warning:"),
}
HELP = {
    "Pause": "Both sides wait after the steps they are in.",
    "Step": "One step. The side that is behind catches up first, so that both stand at the same step.",
    "Resume": "A paused run goes on where it is, a stopped or interrupted one from its last checkpoint.",
    "Stop": "Ends the run. What it has recorded stays.",
    "Run again": "Trains the same as a new run.",
}


def progress_of(run: str) -> RunProgress:
    """The run's progress up to now, read once for all browsers. Raises StoreError."""
    progress = shared(store(), run)
    progress.poll()
    return progress


def show(run: str, live: bool, others: dict[str, str]) -> None:
    """The run's controls and figures; while it is live they renew themselves, and the whole page when it ends.

    `others` are the runs to go to, in words by id.
    """
    st.fragment(_panel, run_every=REFRESH_SECONDS if live else None)(run, live, others, launcher().leads)


def show_idle(frameworks: Sequence[str]) -> None:
    """The figures of a run that there is not yet."""
    for place, name in zip(st.columns(len(frameworks)), frameworks, strict=True):
        with place.container(border=True):
            _side(name, SideProgress(), IDLE, "Not started", race=False)


def _panel(run: str, live: bool, others: dict[str, str], led: bool) -> None:
    try:
        progress = progress_of(run)
    except StoreError:  # deleted just now, or damaged: the page says so
        st.rerun()
    if live == progress.ended or led != launcher().leads:
        st.rerun()
    trouble()
    _controls(progress, others)
    race = is_race(progress)
    for place, (name, side) in zip(st.columns(len(progress.sides)), progress.sides.items(), strict=True):
        with place.container(border=True):
            status = progress.statuses[name]
            _side(name, side, status, _doing(progress, name, side, status), race)


def trouble() -> None:
    """What keeps the launcher from its work, if anything does."""
    if sentence := launcher().trouble:
        st.warning(plain(sentence), icon=":material/warning:")


def _controls(progress: RunProgress, others: dict[str, str]) -> None:
    """The buttons, each enabled only when it means something now."""
    run, statuses, launch = progress.run, progress.statuses.values(), launcher()
    wish = control.read(store().folder(run))
    open_ = not progress.ended and not wish.stop
    again = any(status.word in ("stopped", "interrupted") for status in statuses)
    paused = any(status.word == "paused" for status in statuses)
    with st.container(horizontal=True, gap="xsmall", key="controls"):
        running = any(status.word == "running" for status in statuses)
        _button("Pause", "pause", open_ and (running or not wish.paused), _act, launch.pause, run)
        _button("Step", "skip_next", open_ and wish.paused and paused, _act, launch.step, run)
        _button("Resume", "resume", (open_ and wish.paused) or (progress.ended and again), _resume, run)
        _button("Stop", "stop", open_, _act, launch.stop, run)
        _button("Run again", "replay", True, _run_again, progress.config, store().cluster(run))
        recent.runs_menu(others)
    refusals.error(refusals.kept("run"))


def _button(label: str, icon: str, meaningful: bool, act: Callable[..., None], *arguments: object) -> None:
    enabled = meaningful and launcher().leads
    st.button(label, icon=f":material/{icon}:", help=HELP[label], disabled=not enabled, on_click=act, args=arguments)


def stop_button(run: str) -> None:
    """Stop for a run that cannot be shown; its workers may train all the same."""
    _button("Stop", "stop", True, _act, launcher().stop, run)


def _accepted(act: Callable[[str], None], run: str) -> bool:
    """Ask the launcher; what it refuses stays on the page until the next button is pressed."""
    try:
        act(run)
    except (ConfigError, StoreError) as error:
        refusals.keep("run", str(error))
        return False
    refusals.keep("run", "")
    return True


def _act(act: Callable[[str], None], run: str) -> None:
    _accepted(act, run)  # the run's own card shows what came of it


def _resume(run: str) -> None:
    if _accepted(launcher().resume, run):
        st.rerun()  # all of the page: a run that had ended is live again


def _run_again(config: RunConfig, cluster: str) -> None:
    def submit(_: str) -> None:
        ready.check(config, cluster)
        address.show_run(launcher().submit(config, cluster))

    if _accepted(submit, ""):
        st.rerun()


def _side(name: str, side: SideProgress, status: SideStatus, doing: str, race: bool) -> None:
    """One side's card. Every line of it is there from the beginning, so that nothing below it moves."""
    colour, icon = BADGES[status.word]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(coloured(name))
        st.badge(status.word.capitalize(), icon=icon, color=colour)  # type: ignore[arg-type]
    done = side.steps / side.started.total_steps if side.started else 0.0
    st.progress(1.0 if status.word == "finished" else min(done, 1.0), text=doing)
    with st.grid(2, min_column_width=120):
        _figures(side, race)


def _figures(side: SideProgress, race: bool) -> None:
    st.metric(
        "Steps per second",
        quantities.rate(side.throughput.value),
        delta="race" if race else None,
        help=f"{words.RACE} {words.COUNTED}" if race else words.COUNTED,
        delta_color="off",
        delta_arrow="off",
    )
    st.metric(
        "Memory",
        quantities.size(side.resources.memory if side.resources else None),
        delta=f"peak {quantities.size(side.peak_memory)}",
        help="Of the whole process that trains this side.",
        delta_color="off",
        delta_arrow="off",
    )


def _doing(progress: RunProgress, name: str, side: SideProgress, status: SideStatus) -> str:
    """What a side does just now, in words."""
    match status.word:
        case "queued":
            ahead = progress.ahead()
            return f"Queued behind {quantities.count(ahead, 'run')}" if ahead else "Queued, next in line"
        case "starting" if store().cluster(progress.run) and not noted(store().log(progress.run, name).parent):
            return "Waiting for a slot of the cluster…"
        case "starting":
            return f"Loading {NAMES[name]}…"
        case "preparing":
            return "Building and compiling…"
    started = side.started
    steps = quantities.progress(side.steps, started.total_steps) if started else "No step"
    left = seconds_left(side, status)
    return steps if left is None else f"{steps}, {quantities.span(left)} left"
