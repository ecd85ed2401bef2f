"""The one task that this server may have under way, which all browsers share, and its progress on a page."""

import threading
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from engine.config import NAMES, ConfigError
from engine.probes import ready
from engine.runs import StoreError
from engine.tasks.task import Request, Task, TaskError
from ui import refusals
from ui.plain import plain
from ui.server import store

REFRESH_SECONDS = 0.5
RULE = (
    "It takes the processor for a while, so it does not begin while a run trains in turn, "
    "and ends when such a run begins."
)
DOING = "{both} train {steps:,} steps several times over"
ALONE = (
    "It needs the machine for itself: it begins when nothing else trains or is measured, and ends when something does."
)
Asked = TypeVar("Asked", bound=Request)
Result = TypeVar("Result")
_under_way: dict[str, Task] = {}
_starting = threading.Lock()


def begin(request: Request) -> None:
    """Start the request. Raises TaskError while another one is under way, or where it cannot be now."""
    with _starting:
        if any(not task.ended for task in _under_way.values()):
            raise TaskError("Another examination is under way; wait for its end.")
        ready.check(request.config)
        _under_way.clear()
        _under_way[str(request.folder(store()))] = request.begin(store())


def present(request: Request) -> Task | None:
    """The task of this request, under way or just ended without a result."""
    return _under_way.get(str(request.folder(store())))


def panel(request: Request, label: str, known: bool, rule: str = RULE, doing: str = DOING) -> None:
    """The button that begins; while it is under way, how far it is and a button to stop it; then what went wrong."""
    task = present(request)
    if task and not task.ended:
        st.fragment(_progress, run_every=REFRESH_SECONDS)(task, doing)
        return
    name = f"{label} again" if known else label
    kind = request.kind
    st.button(name, icon=":material/science:", key=f"{kind}-begin", on_click=_begin, args=(request,), help=rule)
    refusals.warning(refusals.taken(kind) or (task.trouble if task else ""))


def _begin(request: Request) -> None:
    try:
        begin(request)
    except (StoreError, ConfigError) as error:
        refusals.keep(request.kind, str(error))


def _progress(task: Task, doing: str) -> None:
    if task.ended:
        st.rerun()
    both = " and ".join(NAMES.values())
    st.progress(task.share(), text=doing.format(both=both, steps=task.request.steps))
    st.button("End", icon=":material/stop:", key=f"{task.request.kind}-end", on_click=task.stop)


def requested(make: Callable[[], Asked]) -> Asked | None:
    """The request; None, and one sentence, where it cannot be carried out."""
    try:
        return make()
    except ConfigError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return None


def known(read: Callable[[], Result | None]) -> Result | None:
    """What there is already; None, and one sentence, where that is damaged."""
    try:
        return read()
    except TaskError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return None
