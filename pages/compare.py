"""Compare: curves of any runs over each other, each by itself or as bands over those that are alike."""

import contextlib
from dataclasses import replace

import streamlit as st

from engine import comparison
from engine.charts.progress import RunProgress, shared
from engine.run_rows import Row
from engine.runs import StoreError
from ui import compare_form, compare_view
from ui.plain import plain
from ui.server import launcher, run_rows, store

LIVE_SECONDS = 2.0


def all_rows() -> list[Row] | None:
    """Every run; None, and one sentence, where the store cannot be used."""
    try:
        launcher()
        return run_rows().rows()
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.button("Try again", icon=":material/refresh:")
        return None


def opened(runs: tuple[str, ...]) -> dict[str, RunProgress]:
    """The runs that can be read; of each other one a sentence."""
    found = {}
    for run in runs:
        try:
            found[run] = shared(store(), run)
            found[run].poll()
        except StoreError as error:
            found.pop(run, None)
            st.warning(plain(str(error)), icon=":material/search_off:")
    return found


def figures(asked: comparison.Asked, rows: dict[str, Row], was_live: bool) -> None:
    """The figure and tables; they renew themselves while a run trains."""
    progresses = {run: progress for run, progress in opened(asked.runs).items() if run in rows}
    if not progresses:
        return
    if was_live and all(progress.ended for progress in progresses.values()):
        st.rerun()
    compare_view.show(asked, progresses, compare_form.labels(rows, list(progresses)))


def form(rows: list[Row]) -> comparison.Asked:
    """What is asked: the sidebar begins with what the address says, and the address follows."""
    asked, sentences = compare_form.asked_for()
    for sentence in sentences:
        st.warning(plain(sentence), icon=":material/link_off:")
    with st.sidebar:
        asked = replace(asked, runs=compare_form.runs(asked, rows))
        readable = [row for row in rows if row.run in asked.runs and not row.trouble]
        if asked.runs:
            configs = {}
            for row in readable:
                with contextlib.suppress(StoreError):  # gone meanwhile; where it would be drawn, that is said
                    configs[row.run] = store().config(row.run)
            metrics = {name for row in readable for final in row.final.values() for name in final}
            fields = list(comparison.differing(configs))
            asked = replace(asked, **compare_form.settings(asked, sorted(metrics), fields))
    compare_form.remember(asked)
    return asked


def main_part(rows: list[Row]) -> None:
    """What is asked, then what there is to see."""
    asked = form(rows)
    if not asked.runs:
        st.markdown(
            "Which runs learn better, and is it more than luck? Choose runs in the sidebar (»), or tick them on the "
            "Runs page and press Compare there."
        )
        return
    known = {row.run: row for row in rows}
    live = any(not known[run].ended for run in asked.runs if run in known and not known[run].trouble)
    st.fragment(figures, run_every=LIVE_SECONDS if live else None)(asked, known, live)


st.title("Compare")
if (found := all_rows()) is not None:
    main_part(found)
