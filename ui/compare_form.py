"""What the Compare page asks: which runs, which curve, over what. All of it is in the page's address."""

from collections.abc import Mapping, Sequence

import streamlit as st

from engine.charts.comparison import TITLES
from engine.charts.words import METRICS as NAMES_OF_METRICS
from engine.comparison import LOGS, METRICS, MOST_RUNS, NEVER_GROUPED, SMOOTHEST, X_AXES, Asked, from_address
from engine.config import FRAMEWORKS, NAMES
from engine.run_rows import Row
from ui import recent

LOG_WORDS = {"none": "Neither", "x": "x", "y": "y", "both": "Both"}


def asked_for() -> tuple[Asked, list[str]]:
    """What the address asks for, and what of it cannot be."""
    return from_address(st.query_params.to_dict())


def remember(asked: Asked) -> None:
    """Write it to the address."""
    wanted = asked.to_address()
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def runs(asked: Asked, rows: Sequence[Row]) -> tuple[str, ...]:
    """Ask which runs; ones of the address that are gone stay chosen, and the page says so."""
    titles = {row.run: title(row) for row in rows if not row.trouble}
    return tuple(
        st.multiselect(
            "Runs",
            list(dict.fromkeys([*asked.runs, *titles])),
            list(asked.runs),
            format_func=lambda run: titles.get(run, run),
            max_selections=MOST_RUNS,
            placeholder="Choose runs, or tick them on the Runs page",
            key="compare.runs",
        )
    )


def title(row: Row) -> str:
    """A run in words by which it is found again."""
    what = row.name or f"{row.network} on {row.dataset}"
    return f"{what} · {recent.moment(row.run)} · {row.run[-6:]}"


def labels(rows: Mapping[str, Row], chosen: Sequence[str]) -> dict[str, str]:
    """What each run is called in the figure: its name, or its network and data; no two alike."""
    short = {run: rows[run].name or f"{rows[run].network} on {rows[run].dataset}" for run in chosen}
    every = list(short.values())
    return {run: f"{words} {run[-6:]}" if every.count(words) > 1 else words for run, words in short.items()}


def settings(asked: Asked, metrics: Sequence[str], fields: Sequence[str]) -> dict:
    """Ask for everything else: `metrics` that any run has, and `fields` that differ between the runs."""
    offered = [name for name in METRICS if name in metrics or name == asked.metric]
    metric = st.selectbox("Curve", offered, offered.index(asked.metric), format_func=_metric, key="compare.metric")
    x = st.selectbox("Over", X_AXES, X_AXES.index(asked.x), format_func=TITLES.__getitem__, key="compare.x")
    known = [name for name in fields if name not in NEVER_GROUPED]
    groups = st.multiselect(
        "One band for runs alike in",
        list(dict.fromkeys([*asked.groups, *known])),
        list(asked.groups),
        placeholder="Each run by itself",
        key="compare.groups",
        help="Runs that have the same in these fields, whatever their seed, become a mean with its interval.",
    )
    smoothing = st.slider("Smoothing", 0.0, SMOOTHEST, asked.smoothing, 0.01, key="compare.smoothing")
    log = st.segmented_control(
        "Logarithmic", LOGS, default=asked.log, required=True, format_func=LOG_WORDS.__getitem__, key="compare.log"
    )
    sides = st.segmented_control(
        "Frameworks",
        FRAMEWORKS,
        default=list(asked.sides),
        selection_mode="multi",
        format_func=NAMES.__getitem__,
        key="compare.sides",
    )
    return {
        "metric": metric,
        "x": x,
        "log": log,
        "sides": tuple(side for side in FRAMEWORKS if side in sides) or FRAMEWORKS,
        "smoothing": smoothing,
        "groups": tuple(groups),
    }


def _metric(name: str) -> str:
    return NAMES_OF_METRICS.get(name, name).split(",")[0]
