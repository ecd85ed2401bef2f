"""The certificate of a run: whether its curves and its speeds may be compared, and the controls that say so."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.config import NAMES
from engine.fairness.certificate import CLAIMS, Certificate, certificate
from engine.runs import StoreError
from engine.store.progress import RunProgress
from ui.plain import plain
from ui.server import store

CLAIM_MARKS = {
    True: ("green", ":material/check_circle:"),
    False: ("red", ":material/cancel:"),
    None: ("gray", ":material/help:"),
}
VERDICT_MARKS = {
    "pass": ":green[:material/check:] pass",
    "fail": ":red[:material/close:] fail",
    "not checked": ":gray[:material/remove:] not checked",
}


def show(progress: RunProgress) -> None:
    """A sentence about the curves, one about the speed, and behind them every control with its evidence."""
    try:
        found = certificate(store(), progress.run)
    except StoreError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    card(found)


def card(found: Certificate, claims: Sequence[str] = CLAIMS) -> None:
    """A certificate's sentence for each of the claims, and its controls."""
    with st.container(border=True, key="certificate"):
        st.subheader("Certificate")
        for claim in claims:
            colour, icon = CLAIM_MARKS[found.holds(claim)]
            st.markdown(f":{colour}[{icon}] **{claim.capitalize()}**: {plain(found.verdict(claim))}.")
        with st.expander(
            _count(found), icon=":material/checklist:", key="controls_of_run", on_change="rerun"
        ) as controls:
            if controls.open:
                _controls(found, claims)


def doubts(progress: RunProgress) -> dict[str, str]:
    """The verdict of each claim that a control forbids; none where the certificate cannot be read."""
    try:
        return certificate(store(), progress.run).doubts
    except StoreError:
        return {}


def _count(found: Certificate) -> str:
    verdicts = [one.verdict for one in found.controls]
    told = {word: verdicts.count(word) for word in ("pass", "fail", "not checked")}
    parts = (("pass", "passed"), ("fail", "failed"), ("not checked", "not checked"))
    return f"{len(verdicts)} controls: " + ", ".join(f"{told[word]} {title}" for word, title in parts if told[word])


def _controls(found: Certificate, claims: Sequence[str]) -> None:
    for claim in claims:
        st.markdown(f"**{claim.capitalize()}**")
        rows = {one.name: (VERDICT_MARKS[one.verdict], plain(one.sentence)) for one in found.guarding(claim)}
        table = pd.DataFrame.from_dict(rows, orient="index", columns=["Verdict", "Evidence"])
        st.table(table, border="horizontal", alt=f"Controls that guard the {claim}, their verdicts and evidence")
    for name, told in found.disclosed.items():
        shown = ", ".join(value for key, value in told.items() if key != "machine")
        st.caption(plain(f"{NAMES[name]}, disclosed and not judged: {shown}."))
