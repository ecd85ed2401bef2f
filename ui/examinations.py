"""The one examination that this server may have under way, which all browsers share, and its progress on a page."""

import threading
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from engine import ready
from engine.config import NAMES, ConfigError
from engine.examination import Examination, ExaminationError
from engine.examination import Request as ExaminationRequest
from engine.operator_profile import Profiling
from engine.operator_profile import Request as ProfileRequest
from engine.runs import StoreError
from ui.plain import plain
from ui.server import store

REFRESH_SECONDS = 0.5
RULE = (
    "It takes the processor for a while, so it does not begin while a run trains in turn, "
    "and ends when such a run begins."
)
Request = ExaminationRequest | ProfileRequest
Asked = TypeVar("Asked", ExaminationRequest, ProfileRequest)
_under_way: dict[str, Examination | Profiling] = {}
_starting = threading.Lock()


def begin(request: Request) -> None:
    """Start the request. Raises ExaminationError while another one is under way, or where it cannot be now."""
    with _starting:
        if any(not examination.ended for examination in _under_way.values()):
            raise ExaminationError("Another examination is under way; wait for its end.")
        ready.check(request.config)
        _under_way.clear()
        if isinstance(request, ProfileRequest):
            _under_way[str(request.folder(store()))] = Profiling(store(), request)
        else:
            _under_way[str(request.folder(store()))] = Examination(store(), request)


def present(request: Request) -> Examination | Profiling | None:
    """The examination of this request, under way or just ended without a result."""
    return _under_way.get(str(request.folder(store())))


def panel(request: Request, label: str, known: bool, rule: str = RULE) -> None:
    """The button that begins; while it is under way, how far it is and a button to stop it; then what went wrong."""
    examination = present(request)
    if examination and not examination.ended:
        st.fragment(_progress, run_every=REFRESH_SECONDS)(examination)
        return
    name = f"{label} again" if known else label
    kind = request.kind
    st.button(name, icon=":material/science:", key=f"{kind}-begin", on_click=_begin, args=(request,), help=rule)
    said = st.session_state.pop(f"{kind}-refusal", "") or (examination.trouble if examination else "")
    if said:
        st.warning(plain(said), icon=":material/warning:")


def _begin(request: Request) -> None:
    try:
        begin(request)
    except (StoreError, ConfigError) as error:
        st.session_state[f"{request.kind}-refusal"] = str(error)


def _progress(examination: Examination | Profiling) -> None:
    if examination.ended:
        st.rerun()
    both = " and ".join(NAMES.values())
    st.progress(examination.share(), text=f"{both} train {examination.request.steps:,} steps several times over")
    st.button("End", icon=":material/stop:", key=f"{examination.request.kind}-end", on_click=examination.stop)


def requested(make: Callable[[], Asked]) -> Asked | None:
    """The request; None, and one sentence, where it cannot be carried out."""
    try:
        return make()
    except ConfigError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return None
