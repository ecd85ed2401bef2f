"""The table of runs: what is asked for, the rows that match, and which of them are chosen."""

from collections.abc import Iterable, Sequence

import streamlit as st

from engine.charts import run_table
from engine.charts.run_table import FINAL
from engine.store.run_rows import Row
from ui import recent

SEARCH, STATUS, NETWORK, TAG = (f"runs.{name}" for name in ("search", "status", "network", "tag"))
SHOWN, NUMBER = "runs.shown", "runs.number"  # the ids that the table has, and which table it is since the page began
HEIGHT = 560  # pixels


def filters(rows: Sequence[Row]) -> list[Row]:
    """Ask what is wanted; the address remembers it. The rows that match."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs.filters"):
        search = st.text_input(
            "Search", key=SEARCH, bind="query-params", placeholder="Name, tag, note, network, data or id", width=300
        )
        words = _choices("Status", STATUS, (word for row in rows for word in states(row)))
        networks = _choices("Network", NETWORK, (row.network for row in rows))
        tags = _choices("Tag", TAG, (tag for row in rows for tag in row.tags))
    return [row for row in rows if matches(row, search or "", words, networks, tags)]


def _choices(label: str, key: str, offered: Iterable[str]) -> list[str]:
    """One or several of what there is; what was chosen before stays offered."""
    there = {*filter(None, offered), *st.session_state.get(key, ())}
    return st.multiselect(label, sorted(there), key=key, placeholder="Any", width=170)


def states(row: Row) -> set[str]:
    """What its sides are doing, in words."""
    return set(row.words.values()) or {"unreadable"}


def matches(row: Row, search: str, words: Iterable[str], networks: Iterable[str], tags: Iterable[str]) -> bool:
    """Whether every word of the search is somewhere in the row, and each choice, where one was made, holds."""
    parts = (row.run, row.name, *row.tags, row.note, row.network, row.dataset, row.policy, row.optimizer)
    text = " ".join(parts).lower()
    wanted, kinds = {*words}, {*networks}
    return (
        all(word in text for word in search.lower().split())
        and (not wanted or bool(states(row) & wanted))
        and (not kinds or row.network in kinds)
        and {*tags} <= {*row.tags}
    )


def chosen(rows: Sequence[Row]) -> list[Row]:
    """Draw the rows; those that are ticked.

    Ticks belong to places in the table. So while something is ticked, runs that are new stay out of it; and where
    other rows went or came, it is another table, with no ticks.
    """
    state = st.session_state
    by_id = {row.run: row for row in rows}
    before: list[str] = state.get(SHOWN, [])
    ids = list(by_id)
    ticked = list(state.get(_key(), {}).get("selection", {}).get("rows", []))
    if ticked and ids[-len(before) :] == before:
        ids = before
    elif ids != before:
        state[NUMBER] = state.get(NUMBER, 0) + 1
    state[SHOWN] = ids
    if left := len(by_id) - len(ids):
        st.caption(f"{left} newer {'run is' if left == 1 else 'runs are'} not shown while rows are ticked.")
    told = st.dataframe(
        run_table.table([by_id[run] for run in ids], recent.made),
        height=min(HEIGHT, 38 + 35 * max(1, len(ids))),
        hide_index=True,
        column_config=_columns(),
        key=_key(),
        on_select="rerun",
        selection_mode="multi-row",
        placeholder="–",
        alt="The runs of this store, newest first",
    )
    return [by_id[ids[place]] for place in told["selection"]["rows"] if place < len(ids)]


def _key() -> str:
    return f"runs.table.{st.session_state.get(NUMBER, 0)}"


def _columns() -> dict:
    number, column = st.column_config.NumberColumn, st.column_config.Column
    found = {title: number(format="%.4g") for title in FINAL.values()}
    return found | {
        "Run": column(pinned=True, width=200),
        "Made": st.column_config.DatetimeColumn(format="D MMM, HH:mm:ss"),
        "Learning rate": number(format="%.4g"),
        "Seed": number(format="%d"),
        "Duration, s": number(format="%.1f", help="From the first start to the last end, pauses included."),
        "Tags": st.column_config.ListColumn(),
        "MB": number(format="%.1f", help="On the disk."),
    }
