"""What the exports of a run measured, as a table, and both frameworks' files in one format compared."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.config import NAMES
from engine.exports.catalogue import EXACT, FORMATS, ROUNDED, of_side
from engine.exports.results import SAME_CLASS, ExportError, Result, allowed, crossed, read
from ui.plain import plain
from ui.server import store

MICRO = 1e6
QUANTILES, BATCHES = ("p50", "p95"), ("1", "32")
TIMES = [f"{quantile}, batch {batch}" for batch in BATCHES for quantile in QUANTILES]
OWN = [f"own p50, batch {batch}" for batch in BATCHES]
COLUMNS = {name: st.column_config.NumberColumn(name, format="%.0f") for name in (*TIMES, *OWN)}
COLUMNS |= {name: st.column_config.NumberColumn(name, format="%.1f") for name in ("kB", "load, ms")}


def table(run: str, sides: Sequence[str]) -> None:
    """One row for each file that was loaded again."""
    found = [read(store(), run, side, form.name) for side in sides for form in of_side(side)]
    results = [one for one in found if one and one.state != "failed"]
    if not results:
        return
    st.subheader("What was measured")
    measured(results, "deploy-table")


def measured(results: Sequence[Result], key: str) -> None:
    """The numbers of these files, and what they mean."""
    st.dataframe(pd.DataFrame([row(one) for one in results]), hide_index=True, column_config=COLUMNS, key=key)
    st.caption(
        "The difference is the largest between the file's outputs and the framework's own, in float32, over the rows "
        f"for validation, at batch 1 and at batch 32. A file is verified where that is at most {EXACT:.0e} of the "
        f"framework's largest output, or {ROUNDED:.0%} of it with weights of 8 bits, and where at least "
        f"{SAME_CLASS:.0%} of a classifier's rows keep their class. Times are those of one thread on this machine, in "
        "microseconds. The framework's own call of the same network stands there for comparison, and is eager. "
        "A torch.export file is also called operation by operation; AOTInductor's is compiled, a Keras file is called "
        "inside of tf.function, SavedModel is a graph, and every other file is a graph that its own runtime runs."
    )


def row(result: Result) -> dict[str, object]:
    """A result in the table's words and units."""
    told = result.told
    latencies = [told["latency"].get(batch, {}) for batch in BATCHES]
    seconds = [latency.get(quantile) for latency in latencies for quantile in QUANTILES]
    times = {name: taken and taken * MICRO for name, taken in zip(TIMES, seconds, strict=True)}
    own = {name: told["own_latency"][batch]["p50"] * MICRO for name, batch in zip(OWN, BATCHES, strict=True)}
    difference = {f"difference, batch {batch}": _short(told["difference"].get(batch)) for batch in BATCHES}
    agreement = min(told["agreement"].values(), default=None)
    return {
        "framework": NAMES[result.side],
        "format": result.format.title,
        "state": result.state,
        **difference,
        "allowed": _short(allowed(told, result.format.tolerance)),
        "same class": "" if agreement is None else f"{agreement:.1%}",
        "kB": told["bytes"] / 1000,
        "load, ms": told["load_seconds"] * 1000,
        **times,
        **own,
        "run by": told["runtime"],
    }


def _short(number: float | None) -> str:
    return "" if number is None else f"{number:.1e}"


def cross(run: str) -> None:
    """For each format that both sides have: both files, one runtime, the same inputs."""
    forms = [form for form in FORMATS.values() if form.comparable]
    st.subheader("Both frameworks' files, one runtime")
    shown = [sentence for form in forms if (sentence := _crossed(run, form.name))]
    if not shown:
        st.caption("Export ONNX from both frameworks, and their outputs are compared here.")
    for sentence in shown:
        st.markdown(sentence)
    if shown:
        policy = store().config(run).policy
        st.caption(
            "In the matched policy both sides train the same network from the same start, so their files should nearly "
            "agree, as far as the trainings do."
            if policy == "matched"
            else "The policy of this run is not matched: each side trained by its own defaults, so the files differ as "
            "much as the trainings do."
        )


def _crossed(run: str, name: str) -> str:
    try:
        both = crossed(store(), run, name)
    except ExportError as error:
        return plain(str(error))
    if both is None:
        return ""
    classes = "" if both.agreement is None else f" They name the same class for {both.agreement:.1%}."
    return (
        f"**{both.format.title}**, both by {both.runtime}, {both.rows} rows: the largest difference of an output is "
        f"{both.difference:.1e}, where the largest output is {both.largest:.3g}.{classes}"
    )
