"""The benchmarks that there are: this store's own, and files that somebody published, to be opened or set beside."""

import contextlib

import streamlit as st

from engine.bench import benchmark, published
from engine.bench.published import Measured, PublishedError
from engine.charts.speed_whose import host
from engine.charts.speed_words import PRESETS, STATES
from engine.runs import StoreError
from ui import recent, refusals, speed_address
from ui.server import store

MOST = 20
WIDGET = "speed.file"


def opened(name: str) -> Measured:
    """The benchmark of that id. Raises StoreError, ResultsError and PublishedError."""
    if published.PUBLISHED_ID.fullmatch(name):
        return published.of_file(store(), name)
    return published.of_store(store(), name)


def known() -> dict[str, str]:
    """The latest benchmarks by id, in words: what, how thoroughly, what became of it, and when; then the files.

    No two are in equal words.
    """
    told = {name: _own_words(name) for name in benchmark.benchmarks(store())[:MOST]}
    told |= {name: _file_words(name) for name in published.kept(store())[:MOST]}
    every = list(told.values())
    return {name: f"{words} · {name[-6:]}" if every.count(words) > 1 else words for name, words in told.items()}


def under_way() -> str:
    """The id of the benchmark that is measured now, or else waits for longest; empty where there is none."""
    words = {}
    for name in reversed(benchmark.benchmarks(store())[:MOST]):
        with contextlib.suppress(StoreError):  # deleted just now
            words[name] = benchmark.last_word(store(), name)
    return next((name for state in ("running", "queued") for name, word in words.items() if word == state), "")


def _own_words(name: str) -> str:
    try:
        plan, word = benchmark.load(store(), name), benchmark.last_word(store(), name)
    except StoreError:  # to open it is to learn why
        return f"{name} · Cannot be read"
    return f"{plan.title} · {PRESETS[plan.preset]} · {STATES.get(word, word)} · {recent.moment(name)}"


def _file_words(name: str) -> str:
    try:
        found = published.of_file(store(), name)
    except PublishedError:
        return f"{name} · Cannot be read"
    return f"{found.plan.title} · {PRESETS[found.plan.preset]} · From a file, measured on {host(found)}"


def menu(found: dict[str, str]) -> None:
    """A button that offers these benchmarks."""
    none = "There is no benchmark yet."
    recent.menu("Earlier benchmarks", found, "Opens one of them.", none, "speed.recent", speed_address.show)


def file_opener() -> None:
    """A file that somebody published, to be opened here."""
    with st.popover("Open a file", icon=":material/upload_file:", key="speed.opener"):
        st.file_uploader(
            "A benchmark as JSON",
            ["json"],
            max_upload_size=published.LIMIT,
            key=WIDGET,
            on_change=_take,
            help="What “Benchmark as JSON” gave on another dashboard. A copy stays in the folder of your runs.",
        )
        refusals.error(refusals.kept("speed"))


def _take() -> None:
    """Keep the file; beside a benchmark of this store it is set, else it is shown alone."""
    upload = st.session_state[WIDGET]
    if upload is None:  # taken away again in the browser
        refusals.keep("speed", "")
        return
    try:
        name = published.keep(store(), upload.getvalue())
    except PublishedError as error:
        refusals.keep("speed", str(error))
        return
    shown = speed_address.shown()
    if shown and not published.PUBLISHED_ID.fullmatch(shown):
        speed_address.show(shown, name)
    else:
        speed_address.show(name)
