"""One claim as a card: its verdict, why, the facts, and what is measured for it here."""

from collections.abc import Iterable
from typing import Literal

import streamlit as st

from engine.bench import benchmark
from engine.charts.claim_words import dated
from engine.claims.answers import Answer, answer, request_of
from engine.claims.catalogue import VERDICTS, Claim
from engine.claims.evidence import Fact, Measurement, Task, Timed, Trained
from engine.config import ConfigError
from engine.runs import StoreError
from ui import examinations, refusals
from ui.plain import plain
from ui.server import launcher, store

BADGES: dict[str, tuple[str, Literal["green", "orange", "gray"]]] = {
    "holds": ("check_circle", "green"),
    "depends": ("balance", "orange"),
    "no_longer": ("history", "gray"),
}
PAGES = {
    "train": ("Train", "../pages/train.py"),
    "speed": ("Speed", "../pages/speed.py"),
    "code": ("Code", "../pages/scripts.py"),
    "phrases": ("Phrase book", "../pages/phrases.py"),
    "debug": ("Debug lab", "../pages/mistakes.py"),
    "graphs": ("Graphs", "../pages/graphs.py"),
    "pipelines": ("Data pipelines", "../pages/pipelines.py"),
    "deploy": ("Deploy", "../pages/deploy.py"),
    "logs": ("Logs", "../pages/logs.py"),
    "which": ("Which one?", "../pages/which.py"),
}
CLAIM = "claim"  # in the address
REFRESH_SECONDS = 2.0


def card(claim: Claim, opened: bool) -> None:
    """The claim; with its measurements where it is the opened one."""
    with st.container(border=True, key=f"claim-{claim.name}"):
        icon, colour = BADGES[claim.verdict]
        st.badge(VERDICTS[claim.verdict], icon=f":material/{icon}:", color=colour)
        st.markdown(f"**“{claim.said}”**")
        st.markdown(claim.why)
        facts(claim.facts)
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            if claim.measurements and not opened:
                st.button("Check it here", icon=":material/science:", key=f"{claim.name}-open", on_click=_open,
                          args=(claim.name,))  # fmt: skip
            for page in claim.see:
                title, path = PAGES[page]
                st.page_link(path, label=title, icon=":material/arrow_forward:")
        if opened:
            waits = any(_under_way(one) for one in claim.measurements)
            st.fragment(_measurements, run_every=REFRESH_SECONDS if waits else None)(claim, waits)


def facts(found: Iterable[Fact]) -> None:
    """Each with its date and its source."""
    for fact in found:
        st.markdown(f":small[{dated(fact.on)}: {fact.sentence} [Source]({fact.source})]")


def _open(name: str) -> None:
    st.query_params[CLAIM] = name
    refusals.keep("claims", "")


def _measurements(claim: Claim, waited: bool) -> None:
    if waited != any(_under_way(one) for one in claim.measurements):
        st.rerun()  # so that it renews itself from now on, or no more
    for place, one in enumerate(claim.measurements):
        _measurement(one, f"{claim.name}-{place}")
    refusals.warning(refusals.kept("claims"))


def _known(asked: Measurement) -> Answer | None:
    try:
        return answer(store(), asked)
    except (StoreError, ConfigError) as error:
        return Answer((str(error),))


def _under_way(asked: Measurement) -> bool:
    known = _known(asked) if isinstance(asked, Timed | Trained) else None
    return known is not None and known.under_way


def _measurement(asked: Measurement, key: str) -> None:
    """The button, and below it what is known."""
    known = _known(asked)
    if isinstance(asked, Timed | Trained):
        waits = known is not None and known.under_way
        label = f"{asked.does} again" if known else asked.does
        st.button(label, icon=":material/science:", key=f"{key}-begin", disabled=waits or not launcher().leads,
                  on_click=_begin, args=(asked,), help="It waits its turn behind runs and benchmarks.")  # fmt: skip
    elif isinstance(asked, Task):
        examinations.panel(request_of(asked), asked.does, known is not None, doing="Both frameworks are at it: {both}")
    else:
        st.markdown(f"**{asked.does}**")
    if not known:
        return
    for sentence in known.sentences:
        st.markdown(f"- {plain(sentence)}")
    if known.page:
        title, path = PAGES[known.page]
        st.page_link(path, label=f"All of it on {title}", icon=":material/open_in_new:", query_params=known.params)


def _begin(asked: Timed | Trained) -> None:
    refusals.keep("claims", "")
    try:
        if isinstance(asked, Timed):
            benchmark.create(store(), asked.plan())
        else:
            launcher().submit(asked.config())
    except (StoreError, ConfigError) as error:
        refusals.keep("claims", str(error))
