"""What a benchmark found: the answer first, then its figures and tables, the doubts, the machine, and files to take."""

import pandas as pd
import streamlit as st

from engine.bench.published import Measured, PublishedError
from engine.bench.results import ResultsError
from engine.charts import (
    speed_answers,
    speed_beside,
    speed_report,
    speed_series,
    speed_tables,
    speed_words,
)
from engine.charts.speed_page import HEIGHT, WIDTH, Part
from engine.charts.speed_whose import names, when
from engine.runs import StoreError
from ui import certificate_view, speed_address, speed_recent
from ui.plain import plain

PICTURES = ("PNG", "SVG")
NOBODY = ""
ACROSS = 4  # so many cases stand in columns, more of them in rows


def show(measured: Measured) -> None:
    """All of it, of a benchmark that has ended."""
    _answer(measured)
    other = _beside(measured)
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="speed.takes"
    ):
        picture = st.segmented_control(
            "Pictures as",
            PICTURES,
            default=PICTURES[0],
            required=True,
            key="speed.pictures",
            help="The camera above a chart saves it like this, for a slide.",
        )
        _files(measured)
    if other:
        _side_by_side(measured, other, picture)
    for part in speed_series.parts(measured.plan, measured.found, st.context.theme.type or "light"):
        _part(part, picture)
    _tables(measured)
    if measured.found.certificate:
        certificate_view.card(measured.found.certificate, ("speed",))
    _machine(measured)


def nothing(measured: Measured) -> None:
    """A benchmark that ended before a block was timed."""
    found = measured.found
    word = speed_words.how_it_ended(found.word)
    st.warning(plain(f"{word} before anything was timed. {found.sentence}".strip()), icon=":material/timer_off:")
    _machine(measured)


def _answer(measured: Measured) -> None:
    told = speed_answers.told(measured.plan, measured.found, measured.here)
    with st.container(border=True, key="speed.answer"):
        if told.partial:
            st.warning(plain(told.partial), icon=":material/incomplete_circle:")
        first, *rest = told.answers
        st.markdown(f"#### {plain(first)}")
        for sentence in rest:
            st.markdown(f"- {plain(sentence)}")
        for sentence in told.more:
            st.markdown(plain(sentence))
        for sentence in told.doubts:
            st.warning(plain(sentence), icon=":material/graphic_eq:")
        st.caption(plain(" ".join(told.notes)))


def _beside(measured: Measured) -> Measured | None:
    """Which benchmark stands beside this one: a choice of all others, kept in the address."""
    others = {name: told for name, told in speed_recent.known().items() if name != measured.id}
    wanted = speed_address.beside()
    if not others and not wanted:
        return None
    options = {NOBODY: "Nothing", **others, **({wanted: others.get(wanted, wanted)} if wanted else {})}
    widget = f"speed.beside {measured.id} {wanted}"
    st.selectbox(
        "Beside it",
        list(options),
        index=list(options).index(wanted),
        format_func=lambda name: options.get(name, name),
        key=widget,
        on_change=lambda: speed_address.show(measured.id, st.session_state[widget]),
    )
    if not wanted:
        return None
    try:
        return speed_recent.opened(wanted)
    except (StoreError, ResultsError, PublishedError) as error:
        st.warning(plain(str(error)), icon=":material/search_off:")
        return None


def _side_by_side(one: Measured, other: Measured, picture: str) -> None:
    """Both machines, their ratios, and every number of either."""
    called = names(one, other)
    with st.container(border=True, key="speed.both"):
        st.subheader("Side by side")
        for name, found in zip(called, (one, other), strict=True):
            partial = speed_words.state_words(found.found)
            told = f"{name[:1].upper()}{name[1:]}: {speed_words.machine_words(found.found)}. {partial}"
            st.caption(plain(told.strip()))
        if different := speed_beside.different_work(one, other):
            st.warning(plain(different), icon=":material/rule:")
        part = speed_beside.ratios(one, other, called, st.context.theme.type or "light")
        if part:
            _part(part, picture)
        else:
            st.info("They have no pair in common.", icon=":material/info:")
        st.table(_plain(speed_beside.table(one, other, called)), border="horizontal", alt="Both benchmarks' numbers")


def _part(part: Part, picture: str) -> None:
    """A figure with its words, and a camera that saves it as a picture."""
    if part.figure is None:
        return
    st.subheader(part.title)
    st.plotly_chart(
        part.figure,
        key=f"speed.{part.title}",
        width="stretch",
        alt=part.alt,
        config={
            "displaylogo": False,
            "displayModeBar": True,
            "modeBarButtons": [["toImage"]],
            "toImageButtonOptions": {
                "format": picture.lower(),
                "filename": f"tandem-{part.title.lower().replace(' ', '-')}",
                "width": WIDTH,
                "height": max(HEIGHT, part.figure.layout.height or 0),
                "scale": 2 if picture == "PNG" else 1,
            },
        },
    )
    st.caption(plain(" ".join(part.paragraphs)))


def _tables(measured: Measured) -> None:
    plan, found = measured.plan, measured.found
    st.subheader("Numbers")
    cases = _plain(speed_tables.case_table(plan, found))
    st.table(cases.T if len(cases) <= ACROSS else cases, border="horizontal", alt="Each case's numbers")
    st.caption(plain(speed_tables.case_caption(plan, found)))
    st.table(_plain(speed_tables.pair_table(plan, found)), border="horizontal", alt="Each pair's ratio and verdict")
    st.caption(plain(speed_tables.pair_caption(plan, found)))


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose texts may come from elsewhere."""
    return table.map(lambda text: plain(str(text))).rename(index=lambda text: plain(str(text)))


def _machine(measured: Measured) -> None:
    """What is disclosed: the machine, and what each process was told."""
    with st.expander("Machine and versions", icon=":material/memory:", key="speed.machine", on_change="rerun") as box:
        if box.open:
            rows = {"Measured": when(measured), **speed_words.disclosed(measured.lines)}
            st.table(_plain(pd.DataFrame({"Value": rows})), border="horizontal", alt="The machine and the processes")


def _files(measured: Measured) -> None:
    """The benchmark as files; each is made when somebody asks for it."""
    with st.container(horizontal=True, width="content", key="speed.files"):
        st.download_button(
            "Benchmark as JSON",
            measured.to_json,
            f"{measured.id}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
            help="Every raw value, the machine and the certificate. Another dashboard opens it beside its own.",
        )
        st.download_button(
            "As a page",
            lambda: speed_report.page(measured),
            f"{measured.id}.html",
            "text/html",
            icon=":material/description:",
            on_click="ignore",
            help="One HTML file with the answer, the charts and the raw values; it needs no network.",
        )
        st.download_button(
            "Blocks as CSV",
            lambda: speed_tables.blocks_csv(measured.plan, measured.found),
            f"{measured.id}.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
            help="A row for each timed block.",
        )
